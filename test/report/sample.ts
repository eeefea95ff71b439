import type { Incident } from '../../lambda/core/world/model.ts';
import type { Beside } from '../../report/incident.ts';

export const FAILED = Date.parse('2026-01-07T06:04:13.000Z');
const at = (seconds: number) => FAILED + seconds * 1000;
const step = (name: string, from: number, to: number, note = '') => ({
  name,
  startedAt: at(from),
  endedAt: at(to),
  note,
});

const drained = {
  state: 'drained',
  term: 2,
  cursor: 43,
  head: 43,
  missing: 0,
  files: 0,
  upTo: at(-2),
  flushed: false,
} as const;

/** A spare took over, and nobody has compared what it has. */
export const INCIDENT: Incident = {
  id: 'heal-1',
  volume: 'alpha',
  trigger: { kind: 'alarm', alarm: 'serving', volume: 'alpha', reason: 'the probe says shutdown', at: at(6) },
  outcome: 'healed',
  reasons: [
    { code: 'dead', volumeId: 'vol-1', state: 'shutdown' },
    { code: 'spareServes', volumeId: 'vol-2' },
  ],
  summary: 'vol-1: its file system is shut down: the spare vol-2 serves in its place',
  startedAt: at(6.2),
  endedAt: at(24),
  steps: [
    step('lease', 6.2, 6.3),
    step('prepare-spare', 6.4, 8.4, 'the owner says shutdown; vol-2 is ready'),
    step('note-fencing', 8.4, 8.5),
    step('fence', 8.5, 10.5, 'i-owner has released vol-1'),
    step('drain', 10.5, 13, 'term 2: drained at 43 of 43: 0 files, 0 missing'),
    step('commit', 13, 13.1, 'generation 2 is vol-2 on i-standby'),
    step('serve', 13.1, 16.4, 'vol-2 on i-standby'),
    step('observe', 16.5, 18.9, 'probe: serving'),
    step('quarantine', 19, 19.5, 'vol-1 is out of the schedule and kept'),
  ],
  replacement: {
    oldVolume: 'vol-1',
    newVolume: 'vol-2',
    snapshotId: 'snap-2',
    owner: 'i-standby',
    recoveryPointAt: at(-2),
    servingAt: at(16.4),
    files: 214,
    drained,
  },
  passedOver: [],
  drained,
  owner: 'i-standby',
};

export const BESIDE: Beside = { place: { stack: 'Remount', region: 'eu-west-1' } };

/** Names as only somebody with ill intent gives them, and what of them must be read. */
export const HOSTILE: readonly (readonly [name: string, shown: string])[] = [
  ['<script>document.title="owned"</script>', '<script>document.title="owned"</script>'],
  ['</bdi></li></style><img src=x onerror=alert(1)>', '</bdi></li></style><img src=x onerror=alert(1)>'],
  ['"\' onmouseover=alert(1) x="', '"\' onmouseover=alert(1) x="'],
  ['&lt;b&gt;&amp;', '&lt;b&gt;&amp;'],
  ['invoice\u202efdp.exe', 'invoice\\u{202e}fdp.exe'],
  ['zero\u200bwidth\u0000nul\u001b[31m', 'zero\\u{200b}width\\u{0}nul\\u{1b}[31m'],
  ['-->]]></svg><svg onload=alert(1)>', '-->]]></svg><svg onload=alert(1)>'],
  ['lone\ud800surrogate', 'lone\\u{d800}surrogate'],
];
