import { age } from '../age.ts';
import type { Execution } from '../aws/executions.ts';
import type { VolumeStatus } from '../status/status.ts';
import type { Followed } from './follow.ts';

/** What is about to be done, and to what. */
export function planText(kind: Followed['kind'], v: VolumeStatus, now: number): string {
  const { volume, served, current, newest, verified, spare } = v;
  const serves = served === undefined ? 'nobody knows whether it is served' : served ? 'served' : 'NOT SERVED';
  const ago = (at: number) => `from ${age(now - at)} ago`;
  const lines = [
    `${volume}: ${serves}${current ? `, ${current.volumeId} on ${current.instanceId ?? 'nobody'}` : ''}`,
    ...(kind === 'heal'
      ? [
          'A heal looks at the world and does the next right thing; while the volume serves, that is nothing.',
          `Else it takes ${spare ? `the spare ${spare.volumeId}, ${ago(spare.at)}` : verified ? `the verified ${verified.snapshotId}, ${ago(verified.at)}` : newest ? `${newest.snapshotId}, ${ago(newest.at)}, which nobody has verified` : 'nothing: there is no copy'}; what serves now is kept in quarantine.`,
        ]
      : [
          `A drill mounts and reads ${newest ? `the newest copy that nobody has checked (the newest is ${newest.snapshotId}, ${ago(newest.at)})` : 'nothing: there is no copy'} on a standby. What serves is not touched.`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

export function stepText({ name, at, failed }: Execution['steps'][number], startedAt: number): string {
  const after = Math.max(0, (at - startedAt) / 1000).toFixed(1);
  return `${`+${after} s`.padStart(11)}  ${name}${failed ? ': failed, and is tried again where that may help' : ''}\n`;
}

export function resultText({ outcome, summary }: Followed): string {
  return `${outcome}: ${summary}\n`;
}
