import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { Remount } from '../remount.ts';

/** What a person needs of the stack and cannot guess, for its names are CloudFormation's: the runbook's commands ask for them. */
export function outputs(stack: Stack, remount: Remount): void {
  const { people, ledger, healer, guard, keeper, drill, balancer, software } = remount;
  const output = (id: string, description: string, value: string) => new CfnOutput(stack, id, { description, value });
  output('TopicArn', 'Topic that people are notified by', people.topic.topicArn);
  output('LedgerTable', 'Table of the ledger: incidents, drills, leases', ledger.table.tableName);
  output('HealerFunction', 'Function that heals: its log has each step', healer.function.functionName);
  output(
    'DeadLetterQueue',
    'URL of the queue of events that should have started a heal, and failed',
    healer.deadLetters.queueUrl,
  );
  output('GuardFunction', 'Function that keeps recovery points young', guard.function.functionName);
  output('KeeperFunction', 'Function that makes content volumes, and finds them again', keeper.function.functionName);
  if (drill) output('DrillFunction', 'Function that drills snapshots', drill.function.functionName);
  output('BalancerName', 'DNS name that content is served at', balancer.loadBalancer.loadBalancerDnsName);
  output('AccessLogsBucket', 'Bucket of the access logs of the load balancer', balancer.accessLogs.bucketName);
  output('SoftwareBucket', 'Bucket that instances fetch their host software from', software.bucketName);
}
