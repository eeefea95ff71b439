import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC, metricNamespace } from '../../contract/contract.ts';

/** A metric of a Remount: of one of its volumes, or of the whole. */
export function remountMetric(
  { stackName, volumeName }: { readonly stackName: string; readonly volumeName?: string },
  metricName: string,
  options: MetricOptions,
): Metric {
  const dimensionsMap = volumeName === undefined ? undefined : { [METRIC.volumeDimension]: volumeName };
  return new Metric({
    namespace: metricNamespace(stackName),
    metricName,
    ...(dimensionsMap && { dimensionsMap }),
    ...options,
  });
}
