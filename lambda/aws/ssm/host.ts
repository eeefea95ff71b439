import { GetCommandInvocationCommand, SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { type HostVerb, VERB_PARAMETER } from '../../../contract/contract.ts';
import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { type Clock, DeadlineExceeded, pollUntil } from '../../core/world/clock.ts';
import type { ProbeState } from '../../core/world/model.ts';
import type { Host, HostAnswer } from '../../core/world/ports.ts';
import { isKind, translated } from '../errors.ts';
import { type Asked, type Parsed, readAnswer } from './verb-answer.ts';

const POLL_MS = 500;
/** Of what takes long, such as a mount that replays its log: Systems Manager throttles by account and Region. */
const LATER_POLL_MS = 2000;
/** Seconds for the agent to pick a command up; 30 is the least that SSM takes. It bounds the start only, not the run. */
const DELIVERY_SECONDS = 30;
/** Seconds for the whole of it, by verb: a mount replays the log, a verify reads every name. */
const VERB_SECONDS: Readonly<Record<Exclude<HostVerb, 'check' | 'bundle'>, number>> = {
  probe: 20,
  format: 90,
  mount: 90,
  verify: 90,
  serve: 60,
  release: 60,
  grow: 60,
  // Content is not served meanwhile: what is not read by then stays in the journal, and people are notified.
  drain: 45,
  follow: 60,
  unused: 40,
};
const FINAL: readonly string[] = ['Success', 'Failed', 'Cancelled', 'TimedOut'];

/** Host verbs as commands of SSM: sent, and looked at. */
export interface Commands {
  /** @returns the id of the command; without it, the instance is not running, or its agent is not registered */
  send(
    verb: HostVerb,
    instanceId: InstanceId,
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ readonly commandId?: string; readonly why: string }>;
  /** @returns `undefined` while it is pending or runs */
  answer(asked: Asked, instanceId: InstanceId, commandId: string): Promise<Parsed | undefined>;
}

export function ssmCommands(ssm: SSMClient, documents: Readonly<Record<string, string>>): Commands {
  return {
    async send(verb, instanceId, parameters) {
      const DocumentName = documents[verb];
      if (!DocumentName) throw new Error(`no SSM document is configured for the host verb ${verb}`);
      const Parameters = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]]));
      const input = { DocumentName, InstanceIds: [instanceId], Parameters, TimeoutSeconds: DELIVERY_SECONDS };
      try {
        const sent = await translated(`send ${verb} to ${instanceId}`, () => ssm.send(new SendCommandCommand(input)));
        return { commandId: sent.Command?.CommandId ?? '', why: 'sent' };
      } catch (error) {
        // InvalidInstanceId: the instance is not running, or its agent is not registered.
        if (isKind(error, 'conflict')) return { why: (error as Error).message };
        throw error;
      }
    },

    async answer(asked, InstanceId, CommandId) {
      try {
        const seen = await translated(`read the answer of ${InstanceId} to ${CommandId}`, () =>
          ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId })),
        );
        return FINAL.includes(seen.Status ?? '') ? readAnswer(asked, seen) : undefined;
      } catch (error) {
        // Just after SendCommand the invocation is not there yet.
        if (isKind(error, 'notFound')) return undefined;
        throw error;
      }
    },
  };
}

/** What people ask of a host, and no function does. */
export interface AskedByPeople {
  /** Whether nothing there uses the volume. It looks, and changes nothing: `busy` where something does. */
  unused(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
}

/**
 * The host verbs through SSM Run Command. SendCommand has no client token: a step that runs twice runs the verb twice,
 * which the verbs allow for. A host that does not answer is `unreachable`, which says nothing of its disk.
 */
export function ssmHost(
  ssm: SSMClient,
  clock: Clock,
  documents: Readonly<Record<string, string>>,
): Host & AskedByPeople {
  const commands = ssmCommands(ssm, documents);

  async function once(
    asked: Asked & { readonly verb: keyof typeof VERB_SECONDS },
    instanceId: InstanceId,
    parameters: Record<string, string>,
  ): Promise<Parsed> {
    const { verb } = asked;
    const { commandId, why } = await commands.send(verb, instanceId, parameters);
    if (!commandId) return unreachable(why);
    try {
      const limits = { everyMs: POLL_MS, laterMs: LATER_POLL_MS, withinSeconds: VERB_SECONDS[verb] };
      return await pollUntil(clock, `${verb} on ${instanceId}`, limits, async () => {
        const value = await commands.answer(asked, instanceId, commandId);
        return value ? { done: true, value } : { done: false, seen: 'no answer' };
      });
    } catch (error) {
      if (error instanceof DeadlineExceeded) return unreachable(error.message);
      throw error;
    }
  }

  /** What is no answer says nothing of disk or host: the verb is asked once more, and then it has not answered. */
  async function run(
    verb: keyof typeof VERB_SECONDS,
    instanceId: InstanceId,
    volume: string,
    volumeId: VolumeId,
    more: Record<string, string> = {},
  ): Promise<HostAnswer> {
    const asked = { verb, volumeId };
    const parameters = {
      [VERB_PARAMETER.volume]: volume,
      ...(verb !== 'probe' && { [VERB_PARAMETER.volumeId]: volumeId }),
      ...more,
    };
    const first = await once(asked, instanceId, parameters);
    return answered(first.result === 'unclear' ? await once(asked, instanceId, parameters) : first);
  }

  const onVolume = (verb: keyof typeof VERB_SECONDS) => (instanceId: InstanceId, volume: string, volumeId: VolumeId) =>
    run(verb, instanceId, volume, volumeId);

  return {
    async probe(instanceId, volume, volumeId) {
      const answer = await run('probe', instanceId, volume, volumeId);
      return { instanceId, state: probeState(answer), detail: answer.detail };
    },
    format: onVolume('format'),
    mount: onVolume('mount'),
    verify: onVolume('verify'),
    serve: (instanceId, volume, volumeId, term) =>
      run('serve', instanceId, volume, volumeId, term === undefined ? {} : { [VERB_PARAMETER.term]: String(term) }),
    release: onVolume('release'),
    grow: onVolume('grow'),
    follow: onVolume('follow'),
    unused: onVolume('unused'),
    drain: (instanceId, volume, volumeId, term) =>
      run('drain', instanceId, volume, volumeId, { [VERB_PARAMETER.term]: String(term) }),
    byHand: (verb, instanceId, volume, volumeId) =>
      `aws ssm send-command --document-name ${documents[verb]} --instance-ids ${instanceId} --parameters ${VERB_PARAMETER.volume}=${volume},${VERB_PARAMETER.volumeId}=${volumeId}`,
  };
}

/** Only what the probe is documented to say; anything else is no evidence about the disk. */
function probeState(answer: HostAnswer): ProbeState {
  switch (answer.result) {
    case 'ok':
      return 'serving';
    case 'notBlank':
    case 'busy':
    case 'failed':
    case 'corrupt':
    case 'altered':
    case 'interrupted':
    case 'mounting':
      return 'unreachable';
    case 'noDevice':
      return 'notMounted';
    default:
      return answer.result;
  }
}

/** What is no answer is none, however it ended. */
export function answered(parsed: Parsed): HostAnswer {
  return parsed.result === 'unclear' ? unreachable(parsed.detail) : parsed;
}

function unreachable(detail: string): HostAnswer {
  return { result: 'unreachable', values: {}, detail };
}
