import type { Services } from '../account/services.ts';
import { type Properties, type Reference, str } from './template.ts';

/** Buckets and their policies. */
export const S3_CREATORS: Readonly<Record<string, (s: Services, p: Properties, id: string) => Reference>> = {
  'AWS::S3::Bucket': (s, p, id) => {
    const { name: ref, arn: Arn } = s.s3.define(id, p);
    const RegionalDomainName = `${ref}.s3.${s.cloud.region}.amazonaws.com`;
    return { ref, attributes: { Arn, DomainName: `${ref}.s3.amazonaws.com`, RegionalDomainName } };
  },
  'AWS::S3::BucketPolicy': (s, p, id) => {
    s.s3.setPolicy(str(p, 'Bucket'), p.values.PolicyDocument, `${p.path}.PolicyDocument`);
    return { ref: `bucket-policy-${id}`, attributes: {} };
  },
};

/**
 * A load balancer writes a test object as soon as its access logs are turned on.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
export function beginAccessLogs(s: Services, attributes: Readonly<Record<string, string>>): void {
  if (attributes['access_logs.s3.enabled'] !== 'true') return;
  const prefix = attributes['access_logs.s3.prefix'];
  const key = `${prefix ? `${prefix}/` : ''}AWSLogs/${s.cloud.account}/ELBAccessLogTestFile`;
  s.s3.deliver(attributes['access_logs.s3.bucket'] ?? '', key, 'Enable AccessLog for ELB');
}
