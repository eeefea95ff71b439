import { LEDGER, TAG } from '../../../contract/contract.ts';
import { incidentKey } from '../world/incident.ts';
import { type Message, volumeOf } from '../world/message.ts';
import { type Place, quoted } from './words.ts';

/** The end of each message: where it comes from, and a command to begin with. Whoever reads it may have many stacks, and no idea of this one. */
export function footer(message: Message, place: Place): string[] {
  const volume = volumeOf(message);
  const owner = ownerOf(message);
  const where = [
    `stack ${place.stack}`,
    `account ${place.account}`,
    `Region ${place.region}`,
    ...(volume ? [`volume ${volume}`] : []),
    ...(owner ? [`owner ${owner}`] : []),
  ];
  return ['', `Where: ${where.join(', ')}`, `To look: ${command(message, place)}`, `Runbook: ${place.runbook()}`];
}

/** The instance that has the volume, where whoever notifies knows it. */
function ownerOf(message: Message): string | undefined {
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken':
      return message.incident.replacement?.owner ?? message.incident.owner;
    case 'ledgerSilent':
    case 'waits':
      return message.standing.current?.instanceId;
    case 'slowMount':
      return message.instanceId;
    default:
      return undefined;
  }
}

function command(message: Message, place: Place): string {
  const { stack, ledger, topic } = place;
  const aws = (verb: string, ...options: readonly string[]) =>
    ['aws', verb, '--region', quoted(place.region), ...options].join(' ');
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken': {
      const incident = {
        [LEDGER.partitionKey]: { S: `VOLUME#${message.incident.volume}` },
        [LEDGER.sortKey]: { S: incidentKey(message.incident) },
      };
      return aws('dynamodb get-item', '--table-name', quoted(ledger), '--key', quoted(JSON.stringify(incident)));
    }
    case 'damaged':
    case 'sound':
    case 'reliedOn':
    case 'incomplete':
    case 'unreadable':
    case 'odd':
    case 'held':
      return aws('ec2 describe-snapshots', '--snapshot-ids', quoted(message.snapshotId));
    case 'fallen':
      return aws('ec2 describe-snapshots', '--snapshot-ids', quoted(message.before.snapshotId), quoted(message.after));
    case 'policy':
    case 'policySound':
      return aws('dlm get-lifecycle-policy', '--policy-id', quoted(message.policyId));
    case 'test':
      return aws('sns list-subscriptions-by-topic', '--topic-arn', quoted(topic));
    case 'unheardAlarms':
      return aws('cloudwatch describe-alarms', '--alarm-name-prefix', quoted(`${stack}/`), '--state-value ALARM');
    case 'ledgerSilent':
    case 'waits':
    case 'slowMount':
    case 'leftAsItIs': {
      const filter = (tag: string, value: string) => quoted(`Name=tag:${tag},Values=${value}`);
      return aws('ec2 describe-volumes', '--filters', filter(TAG.stack, stack), filter(TAG.volume, message.volume));
    }
  }
}
