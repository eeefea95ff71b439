import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { HostSoftware } from '../host-software.ts';
import type { ILedger } from '../ledger.ts';

/**
 * What the gateway to S3 lets through: reading, from the buckets that instances get software from. Nothing is written to any bucket,
 * whoever's it is and whosever keys are used. Everybody may read: most of these requests are not signed, and the principal of a gateway's
 * policy has to be `*`. Like every policy of an endpoint it gives nobody a right, it only bounds what the way is for.
 * Sources: docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html, "Principals for gateway endpoints";
 * aws-samples/data-perimeter-policy-examples, service_owned_resources.md ("unauthenticated")
 *
 * @param more names of further buckets
 * @param software of it the host software's own objects, and nothing else of their bucket
 */
export function readsSoftware(
  scope: Construct,
  more: readonly string[],
  software: HostSoftware | undefined,
): PolicyStatement[] {
  const { partition, region } = Stack.of(scope);
  const reads = (sid: string, resources: readonly string[]) =>
    new PolicyStatement({
      sid,
      principals: [new StarPrincipal()],
      actions: ['s3:GetObject'],
      resources: [...resources],
    });
  const all = (buckets: readonly string[]) => buckets.map((name) => `arn:${partition}:s3:::${name}/*`);
  return [
    reads('AmazonLinux', all([packages(region)])),
    reads('SystemsManagerAgent', all(systemsManager(region))),
    ...(software ? [reads('HostSoftware', [software.objectsArn])] : []),
    ...(more.length > 0 ? [reads('More', all(more))] : []),
  ];
}

/**
 * Amazon Linux 2023's repositories. AWS publishes the name in its examples of such policies, and the images in their configuration
 * of dnf. Sources: aws-samples/data-perimeter-policy-examples, vpc_endpoint_policies/s3_endpoint_policy.json;
 * github.com/amazonlinux/amazon-linux-2023/issues/535
 */
function packages(region: string): string {
  return `al2023-repos-${region}-de612dc2`;
}

/**
 * What the agent of Systems Manager reads on Linux: its own updates, packages of Distributor, and what Patch Manager runs. Not the
 * buckets for Windows, for macOS and for agents before 2.2.45, nor those of Regions that name theirs otherwise, which AWS lists one by
 * one: they are for `moreBuckets`. Remount's own documents carry their scripts with them and need none of it.
 * Sources: docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-minimum-s3-permissions.html, setup-create-vpc.html
 * ("Amazon S3 buckets") and patch-operations-s3-buckets.html
 */
function systemsManager(region: string): string[] {
  return [
    `amazon-ssm-${region}`,
    `aws-ssm-${region}`,
    `aws-ssm-distributor-file-${region}`,
    `aws-ssm-document-attachments-${region}`,
    `patch-baseline-snapshot-${region}`,
    `${region}-birdwatcher-prod`,
  ];
}

/** What the gateway to DynamoDB lets through: reading single items of the ledger, and nothing of any other table. */
export function asksLedger(ledger: ILedger): PolicyStatement {
  return new PolicyStatement({
    sid: 'Ledger',
    principals: [new StarPrincipal()],
    actions: ['dynamodb:GetItem'],
    resources: [ledger.table.tableArn],
  });
}

/** What an interface endpoint lets through: calls in the name of this account, and of no other whose keys got onto an instance. */
export function callsOfThisAccount(scope: Construct, actions: readonly string[] = ['*']): PolicyStatement {
  return new PolicyStatement({
    sid: 'ThisAccount',
    principals: [new StarPrincipal()],
    actions: [...actions],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(scope).account } },
  });
}
