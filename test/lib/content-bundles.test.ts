import { describe, expect, test } from '@jest/globals';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ContentBundles } from '../../lib/bundles/content-bundles.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { onlyOne, someStack, statementsOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const bundles = new ContentBundles(stack, 'Bundles', { key: new Key(stack, 'Key') });
  bundles.grantWrite(new Role(stack, 'Writing', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  new HostDocuments(stack, 'Host', undefined, bundles);
});
const bucket = onlyOne(template, 'AWS::S3::Bucket');

describe('the bucket of what is brought out of copies', () => {
  test('drops each object after a day, is private, and encrypted with the key of the stack', () => {
    expect(bucket.Properties.LifecycleConfiguration).toEqual({
      Rules: [
        {
          Status: 'Enabled',
          Prefix: 'bundles/',
          ExpirationInDays: 1,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
    expect(bucket.Properties.PublicAccessBlockConfiguration).toMatchObject({ BlockPublicAcls: true });
    expect(JSON.stringify(bucket.Properties.BucketEncryption)).toContain('aws:kms');
    expect(bucket.DeletionPolicy).toBe('Retain');
  });

  test('lets hosts write below one prefix, and read nothing', () => {
    const actions = statementsOf(template, /^Writing/).flatMap(({ actions: each }) => each);
    expect(actions.sort()).toEqual(['kms:Decrypt', 'kms:GenerateDataKey', 's3:PutObject']);
  });
});

test('only with it is there a document of the verb', () => {
  const names = (documents: HostDocuments) => Object.keys(documents.documents);
  const stack = someStack();
  expect(names(new HostDocuments(stack, 'Host'))).not.toContain('bundle');
  const bundles = new ContentBundles(stack, 'Bundles', { key: new Key(stack, 'Key') });
  expect(names(new HostDocuments(stack, 'With', undefined, bundles))).toContain('bundle');
});
