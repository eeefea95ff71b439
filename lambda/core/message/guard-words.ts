import { listed } from '../../../contract/listed.ts';
import type { LeftAsItIs, Message } from '../world/message.ts';
import { sentence } from './refusal-words.ts';
import { INSTANT, type Place, type Words } from './words.ts';

/** What the guard notifies people of, and the keeper. */
export type GuardMessage = Extract<
  Message,
  { kind: 'held' | 'policy' | 'policySound' | 'test' | 'unheardAlarms' | 'leftAsItIs' }
>;

export function guardWords(message: GuardMessage, place: Place): Words {
  switch (message.kind) {
    case 'held': {
      const { volume, snapshotId, at, volumeId } = message;
      return {
        subject: `Remount: nothing newer of ${volume} is verified`,
        lines: [
          `The newest verified copy of ${volume}, ${snapshotId}, is of ${INSTANT(at)}; the snapshot schedule would delete it soon.`,
          `So ${volumeId} leaves the schedule until a newer copy is verified; the guard takes its copies meanwhile.`,
          `Whatever keeps drills from verifying newer copies needs a person: ${place.runbook('held')}`,
        ],
      };
    }
    case 'policy':
      return {
        subject: 'Remount: the snapshot policy needs a person',
        lines: [
          `${message.detail}.`,
          `Until it is mended, the guard takes a snapshot whenever the newest is ${message.lateMinutes} minutes old. Runbook: ${place.runbook('snapshot-policy')}`,
        ],
      };
    case 'policySound':
      return {
        subject: 'Remount: the snapshot policy is as deployed again',
        lines: [`The snapshot policy ${message.policyId} is enabled, and as it was deployed.`],
      };
    case 'test':
      return {
        subject: 'Remount: a test message, nothing has to be done',
        lines: [
          `This message comes every ${message.everyDays} days. It shows that messages of Remount reach you.`,
          `${message.confirmed} subscriptions of the topic are confirmed, ${message.pending} wait to be.`,
          `Should it stop: ${place.runbook('nobody-notified')}`,
        ],
      };
    case 'unheardAlarms': {
      const { alarms } = message;
      const names = alarms.map(({ name }) => name);
      return {
        subject: `Remount: ${names.length} ${names.length > 1 ? 'alarms' : 'alarm'} went off, and nobody was notified`,
        lines: [
          `CloudWatch could notify nobody of ${listed(names, { rest: 'below' })}. It does not try again. They went off, and are not calm yet:`,
          ...alarms.map(({ name, state, since, why }) => `- ${name}: ${state} since ${INSTANT(since)}; ${why}`),
          '',
          `What each of them means, and what keeps alarms from notifying anybody: ${place.runbook('unheard-alarms')}`,
        ],
      };
    }
    case 'leftAsItIs':
      return {
        subject: `Remount: ${message.volume} is left as it is by a deployment`,
        lines: [
          `The claim of ${message.volume} was ${message.rolledBack ? 'rolled back' : 'deployed'} to ${claimText(message)}. The volume is left as it is:`,
          ...message.left.map((refusal) => `- ${sentence(refusal)}`),
          '',
          'Nothing of the content is touched, and nothing has to be done at once. The template and the volume differ from now on.',
          `What to do: ${place.runbook('left-as-it-is')}`,
        ],
      };
  }
}

function claimText({ claim: { zone, sizeGiB, type, iops, throughputMiBs } }: LeftAsItIs): string {
  return `${sizeGiB} GiB of ${type} with ${iops} IOPS and ${throughputMiBs} MiB/s in ${zone}`;
}
