import { CustomResource, Duration, Size, Token, Tokenization } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';
import { METRIC } from '../contract/contract.ts';
import { INTAKE_METRICS } from '../contract/intake.ts';
import { JOURNAL_LAG, SPARE_LAG } from '../contract/journal.ts';
import { remountMetric } from './internal/metric.ts';
import { checkGp3, GP3 } from './props/allowed.ts';
import { checkProps, PROP, stackNameOf } from './props/props.ts';
import type { VolumeKeeper } from './volume-keeper.ts';

/** A content volume, of this app or another: what is healed, drilled and watched. Physical volumes come and go below it. */
export interface IContentVolume extends IConstruct {
  /** Its logical name: a tag, a path and a metric dimension. */
  readonly volumeName: string;
  /** The Remount that it belongs to: value of the tag `remount:stack`. */
  readonly stackName: string;
  /** 1 for each probe of its owner that could read and write it; none where nobody serves it. By default the best of ten seconds. */
  metricServing(options?: MetricOptions): Metric;
  /** How long a probe took that found it serving, in milliseconds. By default the quickest of a minute. */
  metricProbeMilliseconds(options?: MetricOptions): Metric;
  /** Percent of its space, or of its inodes, whichever is more. By default the least of a minute. */
  metricUsedPercent(options?: MetricOptions): Metric;
  /** Minutes since its newest completed snapshot was started. By default the most of five minutes. */
  metricRecoveryPointAge(options?: MetricOptions): Metric;
  /** Minutes since the newest snapshot was started that a drill verified. By default the most of five minutes. */
  metricVerifiedRecoveryPointAge(options?: MetricOptions): Metric;
  /**
   * Seconds for which something of it has not been in the journal: what a recovery without the volume would miss. None where files are not
   * journaled, or nobody does it. By default the least of a minute: a large file takes its time.
   */
  metricJournalLag(options?: MetricOptions): Metric;
  /**
   * Seconds since its spare last had all that the journal has: what a recovery would have to read first. None where files are not journaled,
   * copies are not drilled, or nobody follows. By default the least of a minute.
   */
  metricSpareLag(options?: MetricOptions): Metric;
  /** Uploads that wait to be taken in. None where the stack has no intake, or nobody takes in. By default the least of a minute. */
  metricIntakeWaiting(options?: MetricOptions): Metric;
  /** Seconds for which the oldest of them has been in S3. By default the least of a minute. */
  metricIntakeOldestSeconds(options?: MetricOptions): Metric;
  /** Uploads that were taken in, and answered. By default their sum in five minutes. */
  metricIntakeDone(options?: MetricOptions): Metric;
  /** Uploads that were refused, and answered. By default their sum in five minutes. */
  metricIntakeRefused(options?: MetricOptions): Metric;
}

/** What says which content volume of another stack it is. */
export interface ContentVolumeAttributes {
  /** Its logical name: 2 to 32 of `a-z`, `0-9` and `-`. */
  readonly volumeName: string;
  /**
   * The Remount that it belongs to: value of the tag `remount:stack`.
   * @default the name of this stack
   */
  readonly stackName?: string;
}

/** How large and how fast a content volume is, and where. */
export interface ContentVolumeProps {
  /** The function that makes it, or finds it again. */
  readonly keeper: VolumeKeeper;
  /**
   * Logical name: a tag, a path and a metric dimension. 2 to 32 of `a-z`, `0-9` and `-`, from a letter to a letter or digit, and not
   * `healthz`. Another name is another volume; what the old one holds is kept.
   */
  readonly volumeName: string;
  /** Where it lives, and the instances that serve it: such as `eu-west-1a`. No deployment can move it. */
  readonly availabilityZone: string;
  /**
   * How large it is: 1 GiB to 64 TiB. It can be made larger later, and never smaller.
   * @default 100 GiB, which are paid for whatever is stored; where there are drills once more for the spare, and once more while one runs
   */
  readonly size?: Size;
  /**
   * Operations a second: 3000 to 80000, and at most 500 a GiB. What is above 3000 is paid for, once for this volume and once for its spare.
   * @default 3000, what every gp3 volume has without paying more
   */
  readonly iops?: number;
  /**
   * MiB/s: 125 to 2000, and at most a quarter of `iops`. What is above 125 is paid for, once for this volume and once for its spare.
   * @default 125, what every gp3 volume has without paying more
   */
  readonly throughputMiBs?: number;
}

abstract class ContentVolumeBase extends Construct implements IContentVolume {
  abstract readonly volumeName: string;
  abstract readonly stackName: string;

  metricServing(options?: MetricOptions): Metric {
    return remountMetric(this, METRIC.serving, { statistic: Stats.MAXIMUM, period: Duration.seconds(10), ...options });
  }

  metricProbeMilliseconds(options?: MetricOptions): Metric {
    return remountMetric(this, METRIC.probeMilliseconds, { ...LEAST, ...options });
  }

  metricUsedPercent(options?: MetricOptions): Metric {
    return remountMetric(this, METRIC.usedPercent, { ...LEAST, ...options });
  }

  metricRecoveryPointAge(options?: MetricOptions): Metric {
    return remountMetric(this, METRIC.recoveryPointAge, { ...AGE, ...options });
  }

  metricVerifiedRecoveryPointAge(options?: MetricOptions): Metric {
    return remountMetric(this, METRIC.verifiedRecoveryPointAge, { ...AGE, ...options });
  }

  metricJournalLag(options?: MetricOptions): Metric {
    return remountMetric(this, JOURNAL_LAG, { ...LEAST, ...options });
  }

  metricSpareLag(options?: MetricOptions): Metric {
    return remountMetric(this, SPARE_LAG, { ...LEAST, ...options });
  }

  metricIntakeWaiting(options?: MetricOptions): Metric {
    return remountMetric(this, INTAKE_METRICS.waiting, { ...LEAST, ...options });
  }

  metricIntakeOldestSeconds(options?: MetricOptions): Metric {
    return remountMetric(this, INTAKE_METRICS.oldest, { ...LEAST, ...options });
  }

  metricIntakeDone(options?: MetricOptions): Metric {
    return remountMetric(this, INTAKE_METRICS.done, { ...COUNT, ...options });
  }

  metricIntakeRefused(options?: MetricOptions): Metric {
    return remountMetric(this, INTAKE_METRICS.refused, { ...COUNT, ...options });
  }
}

const LEAST = { statistic: Stats.MINIMUM, period: Duration.minutes(1) };
const COUNT = { statistic: Stats.SUM, period: Duration.minutes(5) };
/** The guard publishes ages each five minutes. */
const AGE = { statistic: Stats.MAXIMUM, period: Duration.minutes(5) };

class ImportedContentVolume extends ContentVolumeBase {
  readonly volumeName: string;
  readonly stackName: string;

  constructor(scope: Construct, id: string, { volumeName, stackName }: ContentVolumeAttributes) {
    super(scope, id);
    checkProps({ volumeName }, { volumeName: PROP.volumeName });
    this.volumeName = volumeName;
    this.stackName = stackNameOf(this, stackName);
  }
}

/**
 * A content volume: a claim that the keeper answers with a physical volume, as each replacement brings another one. Deleting it
 * deletes no data.
 */
export class ContentVolume extends ContentVolumeBase {
  /** A content volume of another stack. @throws SettingsError */
  static fromContentVolumeAttributes(
    scope: Construct,
    id: string,
    attributes: ContentVolumeAttributes,
  ): IContentVolume {
    return new ImportedContentVolume(scope, id, attributes);
  }

  /** Its logical name: a tag, a path and a metric dimension. */
  readonly volumeName: string;
  /** The Remount that it belongs to: its keeper's. */
  readonly stackName: string;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentVolumeProps) {
    super(scope, id);
    const { iops = GP3.minIops, throughputMiBs = GP3.minThroughput } = props;
    const sizeGiB = (props.size ?? Size.gibibytes(100)).toGibibytes();
    checkProps(
      { volumeName: props.volumeName, size: sizeGiB, iops, throughputMiBs },
      { volumeName: PROP.volumeName, size: PROP.sizeGiB, iops: PROP.iops, throughputMiBs: PROP.throughputMiBs },
    );
    if (![sizeGiB, iops, throughputMiBs].some(Token.isUnresolved)) checkGp3({ sizeGiB, iops, throughputMiBs });
    props.keeper.claim(props.volumeName);
    this.volumeName = props.volumeName;
    this.stackName = props.keeper.stackName;
    new CustomResource(this, 'Resource', {
      serviceToken: props.keeper.function.functionArn,
      serviceTimeout: Duration.minutes(10),
      resourceType: 'Custom::RemountContentVolume',
      properties: {
        Volume: props.volumeName,
        Zone: props.availabilityZone,
        SizeGiB: Tokenization.stringifyNumber(sizeGiB),
        VolumeType: 'gp3',
        Iops: Tokenization.stringifyNumber(iops),
        ThroughputMiBs: Tokenization.stringifyNumber(throughputMiBs),
      },
    });
  }
}
