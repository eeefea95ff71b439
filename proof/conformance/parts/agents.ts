import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC } from '../../../contract/contract.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { readTemplate } from '../../../simulator/aws/cloudformation/template-model.ts';
import type { Part, Report } from '../part.ts';

const HOST = join(import.meta.dirname, '../../../host');
/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html, and the page on StatsD. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '': ['agent', 'metrics', 'logs', 'traces'],
  agent: ['metrics_collection_interval', 'region', 'credentials', 'debug', 'logfile', 'omit_hostname', 'run_as_user'],
  metrics: [
    'namespace',
    'append_dimensions',
    'aggregation_dimensions',
    'endpoint_override',
    'metrics_collected',
    'metrics_destinations',
    'force_flush_interval',
    'credentials',
  ],
  'metrics.metrics_collected.statsd': [
    'service_address',
    'metrics_collection_interval',
    'metrics_aggregation_interval',
    'allowed_pending_messages',
  ],
};

/** The configuration of the CloudWatch agent, as far as it is read here. */
export interface AgentConfiguration {
  readonly metrics?: {
    readonly namespace?: string;
    readonly aggregation_dimensions?: readonly (readonly string[])[];
    readonly metrics_collected?: { readonly statsd?: object };
  };
}

/** What an alarm looks at. */
export interface Looked {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly string[];
}

interface Metric {
  readonly Namespace?: unknown;
  readonly MetricName?: unknown;
  readonly Dimensions?: readonly { readonly Name: string }[];
}

/** The metrics of an alarm: its own, or those that an expression is of. */
export function looksAt(properties: Readonly<Record<string, unknown>>): Looked[] {
  const queries = properties.Metrics as readonly { readonly MetricStat?: { readonly Metric: Metric } }[] | undefined;
  const metrics = queries ? queries.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) : [properties as Metric];
  return metrics.map(({ Namespace, MetricName, Dimensions = [] }) => ({
    namespace: String(Namespace),
    name: String(MetricName),
    dimensions: Dimensions.map(({ Name }) => Name),
  }));
}

/** What the host sends the CloudWatch agent, and what comes of it, against the alarm that waits for it. */
export const agents: Part = {
  about: "the CloudWatch agent's configuration: its documented structure, and that its metric is the alarm's",

  async run({ assemblies }): Promise<Report> {
    const assembly = await assemblies.of();
    const { Resources } = readTemplate(templateOf(assembly));
    const text = readFileSync(join(HOST, 'etc', 'amazon-cloudwatch-agent.json'), 'utf8');
    const sent = gaugesOf(readFileSync(join(HOST, 'report.sh'), 'utf8'));
    const alarms = Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .flatMap(({ Properties = {} }) => looksAt(Properties))
      .filter(({ name }) => sent.names.includes(name));
    const alarm = alarms.find(({ name }) => name === METRIC.serving);
    if (!alarm) throw new Error('host/report.sh does not send the metric that starts a heal, or no alarm looks at it');
    const configuration = JSON.parse(text.replace('@NAMESPACE@', alarm.namespace)) as AgentConfiguration;
    const unknown = unknownMembers(configuration);
    const missed = alarms.filter((each) => !reaches(configuration, sent, each));
    const unseen = sent.names.filter((name) => !alarms.some((each) => each.name === name));
    const of = 'documentation of the CloudWatch agent (its own schema is in no registry that is used here)';
    return {
      verdicts: [
        {
          asked: "members of the agent's configuration",
          of,
          said: unknown.length === 0 ? 'each is documented' : `not documented: ${unknown.join(', ')}`,
          ok: unknown.length === 0,
        },
        {
          asked: `whether ${sent.names.join(', ')} with the tag ${sent.tag}, as host/report.sh sends them, are what ${alarms.length} alarms look at`,
          of,
          said:
            missed.length + unseen.length === 0
              ? `they are: ${alarm.namespace} by ${alarm.dimensions.join(', ')}, where the agent adds metric_type to what is not aggregated`
              : `they are not: ${[...missed.map(({ namespace, name }) => `${namespace} ${name}`), ...unseen].join(', ')}`,
          ok: missed.length + unseen.length === 0,
        },
      ],
    };
  },
};

/** Names of the gauges that the script sends by StatsD, and the tag that each of them carries. */
export function gaugesOf(script: string): { readonly names: readonly string[]; readonly tag: string } {
  const names = [...script.matchAll(/"([A-Z]\w*):" \S+ of\b/g)].map(([, name = '']) => name);
  return { names, tag: /\|g\|#(\w+):\$1"/.exec(script)?.[1] ?? '' };
}

/** Members that the documentation does not have, where it lists them. */
export function unknownMembers(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const known = KNOWN[path];
  return Object.entries(value).flatMap(([key, each]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return known && !known.includes(key) ? [at] : unknownMembers(each, at);
  });
}

/**
 * Whether a metric that is sent by StatsD is the one that an alarm looks at. The agent gives each the dimension `metric_type`, and one a
 * tag; so only what is aggregated by the tag alone has the alarm's dimensions (CloudWatch User Guide, "Retrieve custom metrics with
 * StatsD", and aggregation_dimensions of the configuration file).
 */
export function reaches(
  { metrics }: AgentConfiguration,
  sent: { readonly names: readonly string[]; readonly tag: string },
  alarm: Looked,
): boolean {
  const aggregated = metrics?.aggregation_dimensions ?? [];
  const alone = aggregated.some((names) => names.length === 1 && names[0] === sent.tag);
  return (
    metrics?.metrics_collected?.statsd !== undefined &&
    metrics.namespace === alarm.namespace &&
    sent.names.includes(alarm.name) &&
    alone &&
    alarm.dimensions.length === 1 &&
    alarm.dimensions[0] === sent.tag
  );
}
