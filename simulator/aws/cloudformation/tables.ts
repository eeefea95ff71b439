import type { Services } from '../account/services.ts';
import { ResourcePolicy } from '../iam/resource-policies.ts';
import { has, list, object, type Properties, type Reference, str } from './template.ts';

export function createTable(s: Services, p: Properties, id: string): Reference {
  const ref = `table-${id}`;
  const keys = Object.fromEntries(list(p, 'KeySchema').map((k) => [str(k, 'KeyType'), str(k, 'AttributeName')]));
  s.dynamodb.createTable(ref, keys.HASH ?? '', keys.RANGE, tableKey(s, p), tablePolicy(s, p));
  const { partition, region, account } = s.cloud;
  const attributes: Record<string, string> = { Arn: `arn:${partition}:dynamodb:${region}:${account}:table/${ref}` };
  if (has(p, 'StreamSpecification'))
    attributes.StreamArn = s.dynamodb.enableStream(ref, str(object(p, 'StreamSpecification'), 'StreamViewType'));
  return { ref, attributes };
}

/** A table in the stack's Region. */
function replicaOf(s: Services, p: Properties): Properties | undefined {
  return list(p, 'Replicas').find((each) => str(each, 'Region') === s.cloud.region);
}

function tablePolicy(s: Services, p: Properties): ResourcePolicy | undefined {
  const replica = replicaOf(s, p);
  if (!replica || !has(replica, 'ResourcePolicy')) return undefined;
  const policy = object(replica, 'ResourcePolicy');
  return new ResourcePolicy(policy.values.PolicyDocument, `${policy.path}.PolicyDocument`);
}

/** The key of a table in the stack's Region; `undefined` for one that DynamoDB owns. */
function tableKey(s: Services, p: Properties): string | undefined {
  const replica = replicaOf(s, p);
  const encryption = replica && has(replica, 'SSESpecification') ? object(replica, 'SSESpecification') : undefined;
  return encryption && has(encryption, 'KMSMasterKeyId') ? str(encryption, 'KMSMasterKeyId') : undefined;
}
