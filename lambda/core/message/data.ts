import type { Data } from '../../../contract/flat.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { Refusal } from '../../../contract/refusals.ts';
import { incidentKey } from '../world/incident.ts';
import type { HealEnded, LedgerSilent, Message, Waits } from '../world/message.ts';

/** Of a list, so many: a message has room for the rest, and so has the record. */
const MOST = 20;

/** Why it is sent, by code. */
export function codesOf(message: Message): readonly string[] {
  const coded = message.kind === 'leftAsItIs' ? message.left : reasonsOf(message);
  return [...new Set(coded.map(({ code }) => code))];
}

/** Why it is sent, where that is a heal's doing or a drill's. */
function reasonsOf(message: Message): readonly Reason[] {
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken':
      return message.incident.reasons;
    case 'ledgerSilent':
    case 'waits':
      return [message.reason];
    case 'damaged':
    case 'reliedOn':
      return [{ code: 'copyDamaged', snapshotId: message.snapshotId, result: message.result }];
    default:
      return [];
  }
}

/** What a message says, for programs: ids, codes, figures and times (Unix milliseconds), and no sentence. */
export function dataOf(message: Message): Data {
  return { reasons: reasonsOf(message).map(withoutDetail), ...own(message) };
}

function withoutDetail(coded: Reason | Refusal): Data {
  const { detail: _, ...fields } = { detail: undefined, ...coded };
  return fields;
}

function own(message: Message): Data {
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken':
      return ended(message);
    case 'ledgerSilent':
      return { ...stands(message), commands: message.commands.length };
    case 'waits':
      return stands(message);
    case 'slowMount': {
      const { volumeId, instanceId, progress, seconds } = message;
      return { volumeId, instanceId, sectors: progress, seconds };
    }
    case 'damaged':
    case 'sound':
    case 'reliedOn':
      return { snapshotId: message.snapshotId };
    case 'fallen': {
      const { before, after, keptUntil } = message;
      return { before: { ...before }, after, keptUntil };
    }
    case 'incomplete': {
      const { snapshotId, checks, read, files } = message;
      return { snapshotId, checks, read, files };
    }
    case 'unreadable':
      return { snapshotId: message.snapshotId, files: message.files };
    case 'odd':
      return { snapshotId: message.snapshotId, entries: message.entries };
    case 'held': {
      const { snapshotId, at, volumeId } = message;
      return { snapshotId, at, volumeId };
    }
    case 'leftAsItIs':
      return { rolledBack: message.rolledBack, claim: { ...message.claim }, left: message.left.map(withoutDetail) };
    case 'policy':
    case 'policySound':
      return { policyId: message.policyId };
    case 'test': {
      const { everyDays, confirmed, pending } = message;
      return { everyDays, confirmed, pending };
    }
    case 'unheardAlarms':
      return { alarms: message.alarms.slice(0, MOST).map(({ name, state, since }) => ({ name, state, since })) };
  }
}

function ended({ incident, rejected }: HealEnded): Data {
  const { replacement, lessRoom, passedOver } = incident;
  const { why: _, ...choice } = replacement?.choice ?? {};
  const { why: __, ...drained } = incident.drained ?? {};
  const { drained: ___, ...took } = replacement ?? {};
  return {
    incident: incidentKey(incident),
    replacement: replacement && { ...took, choice },
    ...(incident.drained && { drained }),
    lessRoom: lessRoom && { ...lessRoom },
    passedOver: passedOver.slice(0, MOST),
    rejected: rejected.slice(0, MOST).map(({ snapshotId, volumeId }) => ({ snapshotId, volumeId })),
  };
}

function stands({ standing }: LedgerSilent | Waits): Data {
  const { current, probe, spare, by, reached } = standing;
  return { by, current: current && { ...current }, probe: probe?.state, spare: spare && { ...spare }, reached };
}
