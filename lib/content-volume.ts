import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { VolumeKeeper } from './volume-keeper.ts';

export interface ContentVolumeProps {
  readonly keeper: VolumeKeeper;
  /** Logical name: a tag, a path and a metric dimension. */
  readonly name: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly iops: number;
  readonly throughputMiBs: number;
}

/**
 * A content volume: a claim that the keeper answers with a physical volume, as each replacement brings another one. Deleting it
 * deletes no data.
 */
export class ContentVolume extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: ContentVolumeProps) {
    super(scope, id);
    this.name = props.name;
    new CustomResource(this, 'Resource', {
      serviceToken: props.keeper.function.functionArn,
      serviceTimeout: Duration.minutes(10),
      resourceType: 'Custom::RemountContentVolume',
      properties: {
        Volume: props.name,
        Zone: props.zone,
        SizeGiB: String(props.sizeGiB),
        VolumeType: 'gp3',
        Iops: String(props.iops),
        ThroughputMiBs: String(props.throughputMiBs),
      },
    });
  }
}
