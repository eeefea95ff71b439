import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import { missingOfKey } from '../iam/kms.ts';

/**
 * What KMS says of a key. Who may ask is decided by the key's policy and the caller's together; one that is not there is looked for by whoever IAM lets
 * look. The outages of keys are of all of them: an account here has one.
 * Sources: docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html and API_KeyMetadata.html; of an alias nothing is known here.
 */
export function kms(cloud: Cloud): void {
  cloud.judge('kms', ({ principal, operation, input }) => {
    const key = text(input, 'KeyId');
    if (!cloud.keys.get(key)) {
      cloud.authorize(principal, 'kms', operation, input);
      return;
    }
    for (const { action, context } of cloud.authorizations('kms', operation, input)) {
      const missing = missingOfKey(cloud, principal, key, [action], () => context);
      if (missing === undefined) continue;
      cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
      const said = `${principal.name} is not authorized to perform: ${action} on ${key}`;
      throw new ServiceError('AccessDeniedException', said, 400);
    }
  });
  cloud.offer('kms', {
    DescribeKey: (input: Input) => {
      onlyMembers('DescribeKey', input, ['KeyId']);
      const asked = text(input, 'KeyId');
      const key = cloud.keys.get(asked);
      if (!key) throw new ServiceError('NotFoundException', `Key '${asked}' does not exist`, 400);
      const { keyState, keyDeletedAt } = cloud.faults;
      return {
        KeyMetadata: {
          AWSAccountId: cloud.account,
          KeyId: key.id,
          Arn: key.arn,
          Description: key.description,
          Enabled: keyState === 'Enabled',
          KeyState: keyState,
          ...(keyDeletedAt !== undefined && { DeletionDate: new Date(keyDeletedAt) }),
          KeyUsage: 'ENCRYPT_DECRYPT',
          Origin: 'AWS_KMS',
          KeyManager: 'CUSTOMER',
          KeySpec: 'SYMMETRIC_DEFAULT',
          EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
          MultiRegion: false,
        },
      };
    },
  });
}
