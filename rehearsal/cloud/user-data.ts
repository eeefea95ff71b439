import { METRIC } from '../../lib/contract.ts';

/** What the instances' user data sets up, read out of the script in the template: files that it writes, and what they say. */
export interface UserData {
  readonly probeScript: string;
  readonly probeSeconds: number;
  readonly agent: {
    readonly namespace: string;
    readonly dimension: string;
    readonly aggregationSeconds: number;
    readonly flushSeconds: number;
  };
  /** The file that the web server answers a path with; `undefined` for 404. */
  fileOf(path: string): { readonly volume: string; readonly path: string } | undefined;
}

const HEREDOC = /^\s*(?:cat|tee)\s*>\s*(\S+)\s*<<\s*'?(\w+)'?[^\n]*\n([\s\S]*?)\n\2$/gm;

/** The last one that was read: thousands of worlds have the same. */
let last: { readonly script: string; readonly read: UserData } | undefined;

/**
 * @param script the user data, decoded
 * @throws Error naming the file that is missing or cannot be understood: a host that was not set up must not pass for one that was
 */
export function readUserData(script: string): UserData {
  if (last?.script !== script) last = { script, read: understand(script) };
  return last.read;
}

function understand(script: string): UserData {
  const files = new Map([...script.matchAll(HEREDOC)].map(([, path = '', , content = '']) => [path, content]));
  const file = (what: string, test: RegExp): string => {
    const found = [...files].find(([path]) => test.test(path));
    if (!found)
      throw new Error(
        `user data: writes no ${what} (a file named like ${test.source}); it writes ${[...files.keys()].join(', ') || 'none'}`,
      );
    return found[1];
  };
  const probe = file('probe', /\/probe(\.sh)?$/);
  const timer = file('timer of the probe', /\.timer$/);
  const seconds = Number(
    timer.match(/^OnUnit(?:Active|Inactive)Sec=(\d+)s?$/m)?.[1] ?? timer.match(/^OnCalendar=\*:\*:0\/(\d+)$/m)?.[1],
  );
  if (!(seconds > 0))
    throw new Error(
      'user data: the timer of the probe has no OnUnitActiveSec or OnCalendar=*:*:0/N that is understood',
    );
  return {
    probeScript: probe.replace(/^\. "\$\(dirname "\$0"\)\/(\w+\.sh)"$/gm, (_, sourced: string) =>
      file('part of the probe', new RegExp(`/${sourced}$`)),
    ),
    probeSeconds: seconds,
    agent: readAgent(file('configuration of the CloudWatch agent', /amazon-cloudwatch-agent.*\.json$/)),
    fileOf: readServer(file('configuration of nginx', /nginx.*\.conf$/)),
  };
}

interface AgentConfig {
  readonly agent?: { readonly omit_hostname?: boolean };
  readonly metrics?: {
    readonly namespace?: string;
    readonly force_flush_interval?: number;
    readonly aggregation_dimensions?: readonly (readonly string[])[];
    readonly metrics_collected?: { readonly statsd?: { readonly metrics_aggregation_interval?: number } };
  };
}

function readAgent(json: string): UserData['agent'] {
  const { metrics } = JSON.parse(json) as AgentConfig;
  const statsd = metrics?.metrics_collected?.statsd;
  if (!metrics?.namespace || !statsd)
    throw new Error('user data: the CloudWatch agent has no namespace or no StatsD listener');
  const rolled = metrics.aggregation_dimensions?.some((set) => set.length === 1 && set[0] === METRIC.volumeDimension);
  if (!rolled)
    throw new Error(
      `user data: the CloudWatch agent does not publish the metric by ${METRIC.volumeDimension} alone (aggregation_dimensions)`,
    );
  return {
    namespace: metrics.namespace,
    dimension: METRIC.volumeDimension,
    aggregationSeconds: statsd.metrics_aggregation_interval ?? 60,
    flushSeconds: metrics.force_flush_interval ?? 60,
  };
}

/** Understands one shape of location: a regular expression with one group, and an alias to a file of that volume. */
function readServer(conf: string): UserData['fileOf'] {
  const [, pattern, alias] = conf.match(/location\s+~\s+"?(\^\/healthz\/\S+?)"?\s*\{[^}]*?\balias\s+([^;]+);/) ?? [];
  const path = alias?.match(/^\/srv\/content\/\$(?:1|volume|\w+)\/(.+)$/)?.[1];
  if (!pattern || !path)
    throw new Error('user data: nginx has no location ~ ^/healthz/(...) with an alias below /srv/content/$1/');
  const expression = new RegExp(pattern.replaceAll('(?<', '(?<'));
  return (url) => {
    const volume = url.match(expression)?.[1];
    return volume ? { volume, path } : undefined;
  };
}
