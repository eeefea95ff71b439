import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { OUTPUT, type Output } from '../../contract/outputs.ts';
import type { Remount } from '../remount.ts';

/** What a person needs of the stack and cannot guess, for its names are CloudFormation's: the runbook's commands ask for them. */
export function outputs(stack: Stack, remount: Remount): void {
  const {
    people,
    ledger,
    healer,
    guard,
    keeper,
    drill,
    balancer,
    software,
    journal,
    intake,
    bundles,
    operator,
    viewer,
    pages,
    network,
    documents,
    key,
  } = remount;
  const output = (id: Output, description: string, value: string) => new CfnOutput(stack, id, { description, value });
  output(OUTPUT.topic, 'Topic that people are notified by', people.topic.topicArn);
  output(OUTPUT.ledger, 'Table of the ledger: incidents, drills, leases', ledger.table.tableName);
  output(OUTPUT.healer, 'Function that heals: its log has each step', healer.function.functionName);
  output(
    OUTPUT.deadLetters,
    'URL of the queue of events that should have started a heal, and failed',
    healer.deadLetters.queueUrl,
  );
  output(OUTPUT.guard, 'Function that keeps recovery points young', guard.function.functionName);
  output(OUTPUT.keeper, 'Function that makes content volumes, and finds them again', keeper.function.functionName);
  if (drill) output(OUTPUT.drill, 'Function that drills snapshots', drill.function.functionName);
  output(OUTPUT.balancer, 'DNS name that content is served at', balancer.loadBalancer.loadBalancerDnsName);
  output(OUTPUT.accessLogs, 'Bucket of the access logs of the load balancer', balancer.accessLogs.bucketName);
  if (journal) output(OUTPUT.journal, 'Bucket of the journal of files', journal.bucket.bucketName);
  if (intake) output(OUTPUT.intake, 'Bucket that courses are uploaded into', intake.bucket.bucketName);
  if (bundles) output(OUTPUT.bundles, 'Bucket of what was brought out of copies', bundles.bucket.bucketName);
  output(OUTPUT.pages, 'Bucket of the pages of incidents', pages.bucket.bucketName);
  output(
    OUTPUT.operator,
    'Policy of whoever looks, heals, drills, uploads, restores and releases',
    operator.managedPolicyArn,
  );
  output(OUTPUT.viewer, 'Policy of whoever looks alone', viewer.managedPolicyArn);
  output(OUTPUT.unused, 'SSM document that asks a host whether nothing uses a volume', documents.nameOf('unused'));
  output(OUTPUT.key, 'Key that volumes, ledger, buckets and messages are encrypted with', key.keyArn);
  if (network)
    output(
      OUTPUT.endpoints,
      'VPC endpoints that instances need, by service',
      Object.entries(network.endpoints)
        .map(([service, { vpcEndpointId }]) => `${service}=${vpcEndpointId}`)
        .join(','),
    );
  output(OUTPUT.software, 'Bucket that instances fetch their host software from', software.bucketName);
}
