import type { Slip } from './kind.ts';

const test = 'lambda/aws/error-codes.test.ts';
const ERRORS = 'lambda/aws/errors.ts';
const meant = (code: string, kind: string, instead: string): Slip => ({
  ...{ slip: `${code} is taken for ${instead}`, file: ERRORS },
  ...{ code: `  ${code}: '${kind}',`, instead: `  ${code}: '${instead}',` },
  ...{ test, named: `${kind}: all of its codes, and what follows from them` },
});
const branch = (slip: string, file: string, code: string, instead: string, named: string): Slip => ({
  ...{ slip, file: `lambda/aws/${file}`, code, instead, test, named },
});

/** A branch on an error code that means something else, or takes too much with it. */
export const CODES: readonly Slip[] = [
  meant('ThrottlingException', 'transient', 'notFound'),
  meant('ProvisionedThroughputExceededException', 'transient', 'conflict'),
  meant('RequestLimitExceeded', 'transient', 'denied'),
  meant('IncorrectState', 'conflict', 'notFound'),
  meant('IncorrectInstanceState', 'conflict', 'invalid'),
  meant('InvalidInstanceId', 'conflict', 'notFound'),
  meant('AttachmentLimitExceeded', 'capacity', 'invalid'),
  meant('UnauthorizedOperation', 'denied', 'transient'),
  meant("'InvalidVolume.NotFound'", 'notFound', 'invalid'),
  branch(
    'what fails is not said to be unanswered',
    'errors.ts',
    "if (kind === 'transient') this",
    "if (kind === 'unknown') this",
    'transient: all of its codes, and what follows from them',
  ),
  branch(
    'a volume that could not be asked for is not there',
    'ec2/describe.ts',
    "if (isKind(error, 'notFound')) return undefined;",
    "if (isKind(error, 'notFound') || isKind(error, 'denied')) return undefined;",
    'of a volume: not found is nothing; denied, and throttled, is no answer',
  ),
  branch(
    'a volume that EC2 throttles is not there',
    'ec2/describe.ts',
    "if (isKind(error, 'notFound')) return undefined;",
    "if (isKind(error, 'notFound') || isKind(error, 'transient')) return undefined;",
    'of a volume: not found is nothing; denied, and throttled, is no answer',
  ),
  branch(
    'an order to attach that was denied is looked at',
    'ec2/attachments.ts',
    "if (isKind(error, 'conflict')) return true;",
    "if (!isKind(error, 'capacity') && !isKind(error, 'invalid')) return true;",
    'InvalidParameterValue again and again, and UnauthorizedOperation: fail',
  ),
  branch(
    'a full instance fails the heal',
    'ec2/attachments.ts',
    "if (isKind(error, 'capacity')) return false;",
    '',
    'AttachmentLimitExceeded: the instance is full',
  ),
  branch(
    'a name that was taken a moment ago is tried once more',
    'ec2/attachments.ts',
    'const Device = free[attempt - 1];',
    'const Device = free[0];',
    'InvalidParameterValue: the name was taken a moment ago, and the next one is',
  ),
  branch(
    'a detachment that was denied is waited for',
    'ec2/attachments.ts',
    "if (!isKind(error, 'conflict')) throw error;",
    "if (!isKind(error, 'conflict') && !isKind(error, 'denied')) throw error;",
    'and to detach: IncorrectState is looked at, UnauthorizedOperation fails',
  ),
  branch(
    'a modification that could not be asked for is none',
    'ec2/modifications.ts',
    "if (isKind(error, 'notFound')) return undefined;",
    'if (error) return undefined;',
    'of a modification: not found is none; denied is no answer',
  ),
  branch(
    'an order to stop that was denied is as good as given',
    'ec2/instances.ts',
    "if (!isKind(error, 'conflict') && !isKind(error, 'notFound')) throw error;",
    "if (isKind(error, 'transient')) throw error;",
    'that it is off is seen by looking',
  ),
  branch(
    'a command that was denied is one to a host that is not there',
    'ssm/host.ts',
    "if (isKind(error, 'conflict')) return { why:",
    "if (isKind(error, 'conflict') || isKind(error, 'denied')) return { why:",
    'InvalidInstanceId: the host is not there; anything else fails',
  ),
  branch(
    'an answer that was throttled is not there yet, for ever',
    'ssm/host.ts',
    "if (isKind(error, 'notFound')) return undefined;",
    "if (isKind(error, 'notFound') || isKind(error, 'transient')) return undefined;",
    'InvocationDoesNotExist: not yet; anything else is no answer',
  ),
  branch(
    'a write that was throttled is a condition that does not hold',
    'dynamodb/ledger.ts',
    "if (isKind(error, 'conflict')) return false;",
    "if (isKind(error, 'conflict') || isKind(error, 'transient')) return false;",
    'a condition that does not hold is an answer; a write that is throttled is none',
  ),
  branch(
    'two volumes have one generation',
    'dynamodb/ledger.ts',
    'generation < :generation OR (generation = :generation AND currentVolume = :volume)',
    'generation <= :generation OR currentVolume = :volume',
    'a generation is one volume, and never goes back',
  ),
  branch(
    'a policy that could not be read is gone',
    'dlm.ts',
    "if (isKind(error, 'notFound')) return undefined;",
    "if (isKind(error, 'notFound') || isKind(error, 'denied')) return undefined;",
    'not found: it is gone; denied, throttled and failed: nobody knows',
  ),
  branch(
    'a deletion that was denied is as good as done',
    'ec2/guard-store.ts',
    "if (!isKind(error, 'notFound') && !isKind(error, 'conflict')) throw error;",
    "if (isKind(error, 'transient')) throw error;",
    'gone, or in use: the next round looks again; denied fails',
  ),
  branch(
    'a snapshot that was denied comes later',
    'ec2/guard-store.ts',
    'if (error instanceof AwsError && NOT_NOW.includes(error.code)) return undefined;',
    'if (error instanceof AwsError) return undefined;',
    'a snapshot that ends with',
  ),
  branch(
    'a lock that cools off is none',
    'ec2/guard-store.ts',
    "['governance', 'compliance', 'compliance-cooloff'];",
    "['governance', 'compliance'];",
    'a lock in state',
  ),
  branch(
    'a discard that was denied is as good as done',
    'ec2/drill-store.ts',
    "if (!isKind(error, 'notFound')) throw error;",
    "if (isKind(error, 'transient')) throw error;",
    'of a scratch volume that is discarded: gone is as good; denied fails',
  ),
];
