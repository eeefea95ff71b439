import { age } from '../age.ts';
import type { Status, VolumeStatus } from './status.ts';

/** On one screen: since when content is safe comes first. */
export function statusText(status: Status): string {
  const { stack, region, at, volumes, hosts, alarms, subscribers, unasked } = status;
  const rows: [string, string][] = [
    ...(alarms?.length ? [['alarms', alarms.join(', ')] as [string, string]] : []),
    ...(subscribers === undefined ? [] : [['messages', peopleText(subscribers)] as [string, string]]),
    ...(hosts ? [['instances', hostsText(hosts)] as [string, string]] : []),
  ];
  return [
    `${stack} in ${region}, ${new Date(at).toISOString()}`,
    ...volumes.flatMap((volume) => ['', ...volumeLines(volume, at)]),
    ...(volumes.length === 0 ? ['', 'no content volume was seen'] : []),
    ...(rows.length > 0 ? ['', ...rows.map(row)] : []),
    ...(unasked.length > 0
      ? ['', 'could not be asked, so nothing is said of it:', ...unasked.map(({ what, why }) => `  ${what}: ${why}`)]
      : []),
    '',
  ].join('\n');
}

function volumeLines(v: VolumeStatus, now: number): string[] {
  const {
    volume,
    served,
    current,
    newest,
    verified,
    spare,
    journalLagMs,
    heal,
    paged,
    alarms,
    deaf = [],
    quarantined,
  } = v;
  const state = served === undefined ? 'nobody knows whether it is served' : served ? 'served' : 'NOT SERVED';
  const by = current ? ` (${current.volumeId}${current.instanceId ? ` on ${current.instanceId}` : ''})` : '';
  const ago = (at: number) => `${age(now - at)} ago`;
  const safe = [
    ...(journalLagMs === undefined ? [] : [`each change up to ${age(journalLagMs)} ago, in the journal`]),
    newest ? `snapshot of ${ago(newest.at)} (${newest.snapshotId})` : 'no snapshot',
    verified
      ? `one of ${ago(verified.at)} that a drill has mounted and read (${verified.snapshotId})`
      : 'none that a drill has mounted and read',
  ];
  return [
    `${volume}: ${state}${by}`,
    row(['safe', safe[0] ?? '']),
    ...safe.slice(1).map((line) => row(['', line])),
    row(['spare', spare ? `${spare.volumeId} on ${spare.instanceId}, from ${ago(spare.at)}` : 'none']),
    ...(heal ? [row(['heal', `${heal.healId} is under way`])] : []),
    ...(alarms.length > 0 ? [row(['alarms', alarms.join(', ')])] : []),
    ...(deaf.length > 0 ? [row(['unwatched', `${deaf.join(', ')}: no data, or switched off`])] : []),
    ...(quarantined.length > 0
      ? [row(['quarantine', `${quarantined.join(', ')}: kept until remount release-quarantine`])]
      : []),
    row([
      'to do',
      paged ? `${paged.final ? 'only a person can: ' : ''}${paged.about} (said ${ago(paged.at)})` : 'nothing',
    ]),
  ];
}

const LABEL = 11;
function row([label, text]: readonly [string, string]): string {
  return `  ${label.padEnd(LABEL)}${text}`;
}

function peopleText(subscribers: number): string {
  if (subscribers === 0) return 'NOBODY gets them: the topic has no confirmed subscriber';
  return subscribers === 1 ? '1 subscriber gets them' : `${subscribers} subscribers get them`;
}

function hostsText(hosts: NonNullable<Status['hosts']>): string {
  const running = hosts.filter(({ state }) => state === 'running');
  const silent = running.filter(({ agentOnline }) => !agentOnline).map(({ id }) => id);
  return `${running.length} run${silent.length > 0 ? `; no command reaches ${silent.join(', ')}` : ''}`;
}
