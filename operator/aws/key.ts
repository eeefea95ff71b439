import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { AwsError, translated } from '../../lambda/aws/errors.ts';

/** How the key is that all of a stack is encrypted with. */
export interface KeyNow {
  readonly arn: string;
  /** As KMS names it: docs.aws.amazon.com/kms/latest/developerguide/key-state.html; absent: there is no such key. */
  readonly state?: string;
  /** When it is deleted, where somebody ordered that. Unix milliseconds. */
  readonly deletedAt?: number;
}

const GONE = 'NotFoundException';

export async function keyOf(kms: KMSClient, arn: string): Promise<KeyNow> {
  try {
    const { KeyMetadata } = await translated('describe the key', () =>
      kms.send(new DescribeKeyCommand({ KeyId: arn })),
    );
    const { KeyState, DeletionDate } = KeyMetadata ?? {};
    if (KeyState === undefined) throw new Error('could not describe the key: KMS does not say its state');
    return { arn, state: KeyState, ...(DeletionDate && { deletedAt: DeletionDate.getTime() }) };
  } catch (error) {
    if (error instanceof AwsError && error.code === GONE) return { arn };
    throw error;
  }
}
