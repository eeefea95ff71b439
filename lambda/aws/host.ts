import {
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { EXIT, type HostVerb, VERB_PARAMETER } from '../../lib/contract.ts';
import { type Clock, DeadlineExceeded, pollUntil } from '../core/clock.ts';
import type { ProbeState } from '../core/model.ts';
import type { Host, HostAnswer } from '../core/ports.ts';
import { isKind, translated } from './errors.ts';

const POLL_MS = 500;
/** Seconds for the agent to pick a command up; 30 is the least that SSM takes. It bounds the start only, not the run. */
const DELIVERY_SECONDS = 30;
/** Seconds for the whole of it, by verb: a mount replays the log, a verify reads every name. */
const VERB_SECONDS: Readonly<Record<HostVerb, number>> = {
  probe: 20,
  format: 90,
  mount: 90,
  verify: 90,
  serve: 60,
  release: 60,
  grow: 60,
  check: 1620,
};
const FINAL: readonly string[] = ['Success', 'Failed', 'Cancelled', 'TimedOut'];

const RESULTS: ReadonlyMap<number, HostAnswer['result']> = new Map<number, HostAnswer['result']>([
  [EXIT.ok, 'ok'],
  [EXIT.noDevice, 'noDevice'],
  [EXIT.notMounted, 'notMounted'],
  [EXIT.shutdown, 'shutdown'],
  [EXIT.unmountable, 'unmountable'],
  [EXIT.noCanary, 'noCanary'],
  [EXIT.unreadable, 'unreadable'],
  [EXIT.notBlank, 'notBlank'],
  [EXIT.timeout, 'timeout'],
  [EXIT.busy, 'busy'],
]);

/**
 * The host verbs through SSM Run Command. SendCommand has no client token: a step that runs twice runs the verb twice,
 * which the verbs allow for. A host that does not answer is `unreachable`, which says nothing of its disk.
 */
export function ssmHost(ssm: SSMClient, clock: Clock, documents: Readonly<Record<string, string>>): Host {
  async function run(verb: HostVerb, instanceId: string, parameters: Record<string, string>): Promise<HostAnswer> {
    const DocumentName = documents[verb];
    if (!DocumentName) throw new Error(`no SSM document is configured for the host verb ${verb}`);
    const Parameters = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]]));
    let commandId: string;
    try {
      const sent = await translated(`send ${verb} to ${instanceId}`, () =>
        ssm.send(
          new SendCommandCommand({
            DocumentName,
            InstanceIds: [instanceId],
            Parameters,
            TimeoutSeconds: DELIVERY_SECONDS,
          }),
        ),
      );
      commandId = sent.Command?.CommandId ?? '';
    } catch (error) {
      // InvalidInstanceId: the instance is not running, or its agent is not registered.
      if (isKind(error, 'conflict')) return unreachable(error);
      throw error;
    }
    try {
      const answer = await pollUntil(
        clock,
        `${verb} on ${instanceId}`,
        { everyMs: POLL_MS, withinSeconds: VERB_SECONDS[verb] },
        () => look(commandId, instanceId),
      );
      return toAnswer(answer);
    } catch (error) {
      if (error instanceof DeadlineExceeded) return unreachable(error);
      throw error;
    }
  }

  async function look(CommandId: string, InstanceId: string) {
    try {
      const seen = await translated(`read the answer of ${InstanceId} to ${CommandId}`, () =>
        ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId })),
      );
      return FINAL.includes(seen.Status ?? '')
        ? { done: true as const, value: seen }
        : { done: false as const, seen: seen.Status ?? 'no status' };
    } catch (error) {
      // Just after SendCommand the invocation is not there yet.
      if (isKind(error, 'notFound')) return { done: false as const, seen: 'InvocationDoesNotExist' };
      throw error;
    }
  }

  const onVolume = (verb: HostVerb) => (instanceId: string, volume: string, volumeId: string) =>
    run(verb, instanceId, { [VERB_PARAMETER.volume]: volume, [VERB_PARAMETER.volumeId]: volumeId });

  return {
    async probe(instanceId, volume) {
      const answer = await run('probe', instanceId, { [VERB_PARAMETER.volume]: volume });
      return { instanceId, state: probeState(answer), detail: answer.detail };
    },
    format: onVolume('format'),
    mount: onVolume('mount'),
    verify: onVolume('verify'),
    serve: onVolume('serve'),
    release: onVolume('release'),
    grow: onVolume('grow'),
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
      return 'unreachable';
    case 'noDevice':
      return 'notMounted';
    default:
      return answer.result;
  }
}

function toAnswer(seen: GetCommandInvocationResult): HostAnswer {
  const output = seen.StandardOutputContent ?? '';
  const values = Object.fromEntries(
    output
      .split('\n')
      .map((line) => line.match(/^(\w+)=(.*)$/))
      .filter((match) => match !== null)
      .map((match) => [match[1] ?? '', match[2] ?? '']),
  );
  const detail = [output, seen.StandardErrorContent ?? ''].join('\n').trim().replaceAll('\n', '; ');
  if (seen.Status === 'Success') return { result: 'ok', values, detail };
  if (seen.Status === 'Failed') {
    const result = RESULTS.get(seen.ResponseCode ?? -1) ?? 'failed';
    return { result: result === 'ok' ? 'failed' : result, values, detail: detail || `exit code ${seen.ResponseCode}` };
  }
  return { result: 'unreachable', values, detail: `${seen.Status}: ${seen.StatusDetails ?? ''}` };
}

function unreachable(error: unknown): HostAnswer {
  return { result: 'unreachable', values: {}, detail: error instanceof Error ? error.message : String(error) };
}
