import { Stack } from 'aws-cdk-lib';

import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { ENV } from './contract.ts';
import { remountFunction } from './function.ts';
import type { Ledger } from './ledger.ts';
import { allowDescribing, allowVolumeCreation } from './volume-permissions.ts';

export interface VolumeKeeperProps {
  /** Value of the tag `remount:stack`. */
  readonly stackName: string;
  readonly ledger: Ledger;
  /** Encrypts content volumes. */
  readonly key: IKey;
}

/** The function behind the custom resource of every content volume: adopts, restores, or makes blank where nothing ever existed. */
export class VolumeKeeper extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: VolumeKeeperProps) {
    super(scope, id);
    this.function = remountFunction(this, 'Function', 'keep', {
      description: 'Remount: adopts, restores or creates content volumes',
      environment: {
        [ENV.stack]: props.stackName,
        [ENV.key]: props.key.keyArn,
        [ENV.ledger]: props.ledger.table.tableName,
      },
    });
    props.ledger.grantReading(this.function);
    allowDescribing(this.function, ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots']);
    allowVolumeCreation(this.function, Stack.of(this), props.stackName, props.key);
    acknowledge(this.function, 'AwsSolutions-IAM5[Resource::*]', 'EC2 describe calls have no resources');
  }
}
