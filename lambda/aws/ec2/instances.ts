import { type EC2Client, paginateDescribeInstanceStatus, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import type { InstanceId } from '../../../contract/ids.ts';
import type { Instance } from '../../core/world/model.ts';
import { isKind, translated } from '../errors.ts';
import { instancesOf } from './describe.ts';
import { toInstance } from './shapes.ts';

/** The instances of one stack, with what EC2's status checks and Systems Manager say of each. */
export function ec2Instances(ec2: EC2Client, ssm: SSMClient, stack: string) {
  /** Instances whose agent answers. Systems Manager notices minutes late that one does not. */
  async function online(): Promise<Set<string>> {
    const found = new Set<string>();
    const input = { Filters: [{ Key: 'PingStatus', Values: ['Online'] }] };
    for await (const page of paginateDescribeInstanceInformation({ client: ssm }, input)) {
      for (const each of page.InstanceInformationList ?? []) if (each.InstanceId) found.add(each.InstanceId);
    }
    return found;
  }

  /** Running instances that fail a status check: the machine itself, or what Amazon runs below it; and those with a volume that does. */
  async function impaired(): Promise<{ readonly self: Set<string>; readonly ebs: Set<string> }> {
    const found = { self: new Set<string>(), ebs: new Set<string>() };
    for await (const page of paginateDescribeInstanceStatus({ client: ec2 }, {})) {
      for (const each of page.InstanceStatuses ?? []) {
        const bad = [each.InstanceStatus?.Status, each.SystemStatus?.Status].includes('impaired');
        if (bad && each.InstanceId) found.self.add(each.InstanceId);
        if (each.AttachedEbsStatus?.Status === 'impaired' && each.InstanceId) found.ebs.add(each.InstanceId);
      }
    }
    return found;
  }

  return {
    async list(): Promise<Instance[]> {
      const [answering, failing, described] = await Promise.all([
        translated('list the managed instances', online),
        translated('describe the status of instances', impaired),
        instancesOf(ec2, stack),
      ]);
      return described.map((each) => {
        const id = each.InstanceId ?? '';
        const [agentOnline, itself, ebsImpaired] = [answering.has(id), failing.self.has(id), failing.ebs.has(id)];
        return toInstance(each, { agentOnline, impaired: itself, ebsImpaired });
      });
    },

    /** Without the graceful shutdown: a host that is to be fenced may hang in it. What it had synced is on the volume. */
    async stop(instanceId: InstanceId): Promise<void> {
      try {
        await translated(`stop ${instanceId}`, () =>
          ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId], Force: true })),
        );
      } catch (error) {
        // Terminated already, or on its way: whether it is off is seen by looking.
        if (!isKind(error, 'conflict') && !isKind(error, 'notFound')) throw error;
      }
    },
  };
}
