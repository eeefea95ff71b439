import { type CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { EXIT, METRIC, TAG } from '../../../contract/contract.ts';
import { isInstanceId } from '../../../contract/ids.ts';
import type { Software, Updated } from '../../core/guard/ports.ts';
import { type Clock, DeadlineExceeded, pollUntil } from '../../core/world/clock.ts';
import { instancesOf } from '../ec2/describe.ts';
import { presentId } from '../ec2/present.ts';
import { tag, tagsOf } from '../ec2/tags.ts';
import { isKind, translated } from '../errors.ts';

/** Seconds for an agent to pick the command up: the least that SSM takes; and for the whole of it, of which the host's own deadline is 150. */
const DELIVERY_SECONDS = 30;
const WITHIN_SECONDS = 185;
const POLL_MS = 1000;
const FINAL: readonly string[] = ['Success', 'Failed', 'Cancelled', 'TimedOut'];

export interface SoftwareOptions {
  readonly clock: Clock;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly cloudWatch: CloudWatchClient;
  readonly namespace: string;
  readonly stack: string;
  /** The version that is deployed, and the name of the document that brings an instance to it. */
  readonly wanted: string;
  readonly document: string;
}

/** Host software on the instances of one stack: who runs what, by tags; and the document that brings a version. */
export function ec2Software(options: SoftwareOptions): Software {
  const { clock, ec2, ssm, cloudWatch, wanted, document: DocumentName } = options;
  return {
    wanted,

    async fleet() {
      return (await instancesOf(ec2, options.stack, 'running')).map((each) => ({
        id: presentId(each.InstanceId, 'InstanceId', isInstanceId),
        zone: each.Placement?.AvailabilityZone ?? '',
        version: tagsOf(each)[TAG.software],
      }));
    },

    async update(instanceId) {
      let CommandId: string | undefined;
      try {
        const input = { DocumentName, InstanceIds: [instanceId], TimeoutSeconds: DELIVERY_SECONDS };
        const sent = await translated(`send update to ${instanceId}`, () => ssm.send(new SendCommandCommand(input)));
        CommandId = sent.Command?.CommandId;
      } catch (error) {
        // It is not running, or its agent is not registered yet.
        if (isKind(error, 'conflict')) return { state: 'kept', detail: (error as Error).message };
        throw error;
      }
      if (!CommandId) return { state: 'kept', detail: 'the command has no id' };
      const input = { CommandId, InstanceId: instanceId };
      try {
        return await pollUntil(
          clock,
          `update on ${instanceId}`,
          { everyMs: POLL_MS, withinSeconds: WITHIN_SECONDS },
          async () => {
            try {
              const seen = await translated(`read the answer of ${instanceId}`, () =>
                ssm.send(new GetCommandInvocationCommand(input)),
              );
              if (!FINAL.includes(seen.Status ?? '')) return { done: false, seen: seen.Status ?? 'no status' };
              const output = seen.StandardOutputContent ?? '';
              const detail = `${output}\n${seen.StandardErrorContent ?? ''}`.trim().replaceAll('\n', '; ');
              return { done: true, value: judged(seen.Status, seen.ResponseCode, output, detail, wanted) };
            } catch (error) {
              // Just after SendCommand the invocation is not there yet.
              if (isKind(error, 'notFound')) return { done: false, seen: 'no invocation' };
              throw error;
            }
          },
        );
      } catch (error) {
        if (error instanceof DeadlineExceeded) return { state: 'kept', detail: error.message };
        throw error;
      }
    },

    note: (instanceId, version) =>
      tag(ec2, instanceId, { [TAG.software]: version }, `tag ${instanceId} with what it runs`),

    async publish(behind, at) {
      const MetricData = [{ MetricName: METRIC.hostsBehind, Timestamp: new Date(at), Value: behind }];
      await translated('publish how many instances are behind', () =>
        cloudWatch.send(new PutMetricDataCommand({ Namespace: options.namespace, MetricData })),
      );
    },
  };
}

/** Only the whole answer counts: an empty one, or one of another version, is none. */
function judged(
  status: string | undefined,
  code: number | undefined,
  output: string,
  detail: string,
  wanted: string,
): Updated {
  const says = (line: string) => output.split('\n').includes(line);
  if (status === 'Success' && says('state=updated') && says(`version=${wanted}`)) return { state: 'updated', detail };
  if (status === 'Failed' && code === EXIT.unwell && says('state=unwell') && says(`wanted=${wanted}`))
    return { state: 'unwell', detail };
  return { state: 'kept', detail: `${status}: ${detail}` };
}
