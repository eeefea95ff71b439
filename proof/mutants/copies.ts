import { broken, type Mutant, PROMISE } from './mutant.ts';

const VERDICTS = "['corrupt', 'altered', 'unmountable'";

/** Of scenarios about copies: how they are taken, drilled, kept and deleted. */
export const COPY_PARTS: readonly Mutant[] = [
  broken('bad-wednesday', 'the drill calls a file system that fails its check damaged', {
    file: 'lambda/core/drill/drill.ts',
    code: VERDICTS,
    instead: "['altered', 'unmountable'",
  }),
  broken('drill-during-heal', 'whoever mounts on a host has it to himself', {
    file: 'host/mount.sh',
    code: '  make_way\n',
    instead: '',
  }),
  broken('latent-corruption', 'people are notified of what a drill finds', {
    file: 'lambda/core/drill/drill.ts',
    code: "await journal.act('notify', () => notify(ports, volume, point, answer));",
    instead: 'true;',
  }),
  broken('bit-rot', 'the drill calls content that is not what its manifest says damaged', {
    file: 'lambda/core/drill/drill.ts',
    code: VERDICTS,
    instead: "['corrupt', 'unmountable'",
  }),
  broken('bit-rot-in-turns', 'each part of the content has its turn', {
    file: 'lambda/core/drill/reading.ts',
    code: 'next: (part + 1) % every',
    instead: 'next: 1',
  }),
  {
    rule: 'huge-file: small files are read, whatever lies beside them',
    edits: [
      {
        file: 'host/reading.sh',
        code: '  read_files "$work/fresh" $(((budget - kept) / 2 + 1))',
        instead: '  read_large',
      },
    ],
    play: ['rehearsal/main.ts', '--scenario', 'huge-file', '--seed', '1', '--json', '--disks', 'xfs'],
    notices: [PROMISE],
  },
  broken('unsynced-crash', 'of two copies the newer one is taken', {
    file: 'lambda/core/heal/candidates.ts',
    code: 'rank(a) - rank(b) || b.at - a.at',
    instead: 'rank(a) - rank(b) || a.at - b.at',
  }),
  broken(
    'unsynced-frozen',
    'a copy is taken of a frozen file system',
    {
      file: 'lib/snapshot-schedule.ts',
      code: "const freeze = consistency === 'application'",
      instead: "const freeze = consistency !== 'application'",
    },
    [{ promise: 'DLM says how it was taken' }],
  ),
  {
    rule: 'frozen-too-long: the watchdog thaws',
    edits: [{ file: 'host/freeze.sh', code: 'FREEZE_SECONDS:-30', instead: 'FREEZE_SECONDS:-40' }],
    play: ['rehearsal/main.ts', '--scenario', 'frozen-too-long', '--seed', '1', '--json', '--disks', 'xfs'],
    notices: [PROMISE],
  },
  broken('drill-killed', 'a scratch volume is ordered once, however often it is asked for', {
    file: 'lambda/aws/ec2/drill-store.ts',
    code: ".digest('hex')",
    instead: ".digest('base64') + clock.now()",
  }),
  broken('out-of-a-copy', 'nothing comes out of a copy that was rejected', {
    file: 'lambda/core/bundle/bundle.ts',
    code: "if (point.verdict === 'rejected') return",
    instead: 'if (point.verdict === undefined) return',
  }),
  broken('out-of-a-copy', 'what is made for it is cleared away', {
    file: 'lambda/core/drill/dispose.ts',
    code: '  await ports.store.discard(volumeId);',
    instead: '  if (seen.attachments.length > 1) await ports.store.discard(volumeId);',
  }),
  broken('dlm-late', 'the guard takes a snapshot where DLM is late', {
    file: 'lambda/core/guard/guard.ts',
    code: 'export const LATE_MINUTES = 40;',
    instead: 'export const LATE_MINUTES = 400;',
  }),
  broken('dlm-error', 'the state of the policy is looked at', {
    file: 'lambda/core/guard/policy.ts',
    code: "if (found.state !== 'ENABLED')",
    instead: "if (found.state === '')",
  }),
  broken('dlm-changed', 'people are notified once of a policy that was changed', {
    file: 'lambda/core/guard/round.ts',
    code: 'if (!next) return;',
    instead: '',
  }),
  broken('snapshot-slow', 'no snapshots pile up behind one that is slow', {
    file: 'lambda/core/guard/guard.ts',
    code: 'export const MAX_PENDING = 2;',
    instead: 'export const MAX_PENDING = 5;',
  }),
  broken('left-behind', 'the last verified copy is kept', {
    file: 'lambda/core/guard/retention.ts',
    code: "    points.find((s) => s.verdict === 'verified'),\n",
    instead: '',
  }),
  broken(
    'many-volumes',
    'one check at a time on a host',
    { file: 'lambda/core/drill/turn.ts', code: 'near.drilling.includes(v.of)', instead: 'near.drilling.length < 0' },
    [{ promise: 'and hardly ever is a host asked for it' }],
  ),
  broken('locked', 'a verified copy is locked', {
    file: 'lambda/core/guard/guard.ts',
    code: "if (snapshot) actions.unshift({ kind: 'lock', snapshot, lock });",
    instead: '',
  }),
];
