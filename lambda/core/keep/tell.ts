import type { VolumeClaim } from './keep.ts';
import type { Order } from './keeper.ts';

/** What people are told where a deployment ends well and the volume is not what the template says. */
export function leftAsItIs({ after, course }: Order, left: readonly string[]): { subject: string; message: string } {
  const doing = course === 'back' ? 'rolled back' : 'deployed';
  return {
    subject: `Remount: ${after.volume} is left as it is by a deployment`,
    message: [
      `The claim of ${after.volume} was ${doing} to ${inWords(after)}. The volume is left as it is:`,
      ...left.map((line) => `- ${line}`),
      '',
      'Nothing of the content is touched, and nothing has to be done at once. The template and the volume differ from now on.',
      'What to do: docs/runbook.md#left-as-it-is',
    ].join('\n'),
  };
}

function inWords({ zone, sizeGiB, type, iops, throughputMiBs }: VolumeClaim): string {
  return `${sizeGiB} GiB of ${type} with ${iops} IOPS and ${throughputMiBs} MiB/s in ${zone}`;
}
