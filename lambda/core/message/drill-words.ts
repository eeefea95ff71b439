import { listed } from '../../../contract/listed.ts';
import type { Message } from '../world/message.ts';
import { INSTANT, type Place, type Words } from './words.ts';

export type DrillMessage = Extract<
  Message,
  { kind: 'damaged' | 'sound' | 'reliedOn' | 'fallen' | 'incomplete' | 'unreadable' | 'odd' }
>;

/** What a check printed, in a message. */
const REST = 'what the check printed, in Systems Manager';
const FINDINGS = { between: '\n', most: 20, rest: REST } as const;
const NAMES = { between: '\n', most: 10, rest: REST } as const;

export function drillWords(message: DrillMessage, place: Place): Words {
  const { volume } = message;
  switch (message.kind) {
    case 'damaged':
      return {
        subject: `Remount: ${volume} is damaged`,
        lines: [
          `The drill of ${message.snapshotId} found damage in the content of ${volume}: ${message.result}.`,
          '',
          listed(message.findings, FINDINGS),
          '',
          'Nothing was done to what serves: it may fail at the next write or delete. Later copies carry the same damage; a heal',
          'takes the newest that was verified before: the spare, or a snapshot.',
          ...(message.inTurns
            ? [
                'A part of the content is read in each drill, and this part had its turn: copies that passed before it may have the same damage.',
                'Their tag remount:files-read says since when all of each was read.',
              ]
            : []),
          `What to do: ${place.runbook('damaged')}`,
        ],
      };
    case 'sound':
      return {
        subject: `Remount: ${volume} is sound again`,
        lines: [`The drill of ${message.snapshotId} found nothing wrong.`],
      };
    case 'reliedOn':
      return {
        subject: `Remount: a verified copy of ${volume} is damaged`,
        lines: [
          `${message.snapshotId}, of ${INSTANT(message.at)}, had passed its drill and was looked at once more: ${message.result}.`,
          '',
          listed(message.findings, FINDINGS),
          '',
          'It is rejected, and no heal takes it any more. What serves is not touched by that, and neither are other copies.',
          `What to do: ${place.runbook('relied-on')}`,
        ],
      };
    case 'fallen': {
      const { before, after, fell, keptUntil } = message;
      return {
        subject: `Remount: the content of ${volume} has fallen`,
        lines: [
          `${after} holds much less than ${before.snapshotId}, the verified copy before it, of ${INSTANT(before.at)}:`,
          ...fell,
          '',
          `Both are sound: what is gone was deleted or cut short. ${before.snapshotId} is kept until ${INSTANT(keptUntil)}; the volume`,
          'may leave the snapshot schedule for that, and the guard takes its copies then. A heal takes what is newest all the same.',
          `If it was meant, nothing has to be done: ${place.runbook('fallen')}`,
        ],
      };
    }
    case 'incomplete':
      return {
        subject: `Remount: checks of ${volume} do not come to their end`,
        lines: [
          `${message.checks} checks in a row had no time for all files of ${volume}: ${message.read} of ${message.files} were read of ${message.snapshotId}.`,
          'Its copies count as verified all the same: damage in a file is found once a check has read that file.',
          `What to do: ${place.runbook('incomplete')}`,
        ],
      };
    case 'unreadable':
      return {
        subject: `Remount: files of ${volume} cannot be read by the web server`,
        lines: [
          `The web server's user may not read ${message.files} files or directories of ${volume} (${message.snapshotId}). Nothing is damaged, and the copy is`,
          'verified all the same; whoever asks for them is refused. The first of them:',
          listed(message.names, NAMES),
          `What to do: ${place.runbook('unreadable')}`,
        ],
      };
    case 'odd':
      return {
        subject: `Remount: manifests of ${volume} are not understood`,
        lines: [
          `${message.entries} entries of manifests of ${volume} (${message.snapshotId}) promise nothing: a manifest that is no list of sha256sum, or a line that leads`,
          'out of the volume. Nothing is damaged, and the copy is verified all the same; but no check compares the files they were meant for.',
          `What to do: ${place.runbook('odd')}`,
        ],
      };
  }
}
