import { CustomResource, Duration, Token, Tokenization } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkProps, PROP } from './internal/props.ts';
import { checkGp3 } from './stack/settings.ts';
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

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentVolumeProps) {
    super(scope, id);
    checkProps(props, {
      name: PROP.volumeName,
      sizeGiB: PROP.sizeGiB,
      iops: PROP.iops,
      throughputMiBs: PROP.throughputMiBs,
    });
    const { sizeGiB, iops, throughputMiBs } = props;
    if (![sizeGiB, iops, throughputMiBs].some(Token.isUnresolved)) checkGp3(props);
    props.keeper.claim(props.name);
    this.name = props.name;
    new CustomResource(this, 'Resource', {
      serviceToken: props.keeper.function.functionArn,
      serviceTimeout: Duration.minutes(10),
      resourceType: 'Custom::RemountContentVolume',
      properties: {
        Volume: props.name,
        Zone: props.zone,
        SizeGiB: Tokenization.stringifyNumber(sizeGiB),
        VolumeType: 'gp3',
        Iops: Tokenization.stringifyNumber(iops),
        ThroughputMiBs: Tokenization.stringifyNumber(throughputMiBs),
      },
    });
  }
}
