import { METRIC, SOFTWARE_KEY, UPDATE_PARAMETER } from '../../../contract/contract.ts';

/** Parameters of the update that a stack may do without. */
const OPTIONAL = [
  UPDATE_PARAMETER.ledger,
  UPDATE_PARAMETER.journal,
  UPDATE_PARAMETER.intake,
  UPDATE_PARAMETER.witness,
] as const;

/** Where an instance's user data fetches the host software, and which. */
export interface Boot {
  readonly version: string;
  readonly bucket: string;
  readonly key: string;
  /** As the user data hands them to the update. */
  readonly env: Readonly<Record<string, string>>;
}

/** A content volume, and the zone whose instances ask for it. */
export interface Watched {
  readonly volume: string;
  readonly zone: string;
}

/** What a version of the host software makes run, read out of its files. */
export interface HostFacts {
  /** What brings a host to this version. */
  readonly updateScript: string;
  readonly probeScript: string;
  readonly probeSeconds: number;
  /** What systemd starts at boot, how often it looks, and how long it waits in between. `undefined`: nothing. */
  readonly resume: { readonly script: string; readonly tries: number; readonly pauseSeconds: number } | undefined;
  /** It has a unit that writes the journal of what is served. */
  readonly journaled: boolean;
  /** It has a unit that takes uploads in for what is served. */
  readonly taking: boolean;
  /** What its witness watches, and in which zone. */
  readonly watched: readonly Watched[];
  readonly agent: {
    readonly namespace: string;
    readonly dimension: string;
    readonly aggregationSeconds: number;
    readonly flushSeconds: number;
  };
}

/**
 * @param script the user data, decoded
 * @throws Error naming what is missing: a host that is not set up must not pass for one that is
 */
export function readBoot(script: string): Boot {
  const of = (name: string) => {
    const value = script.match(new RegExp(`^export .*\\bSSM_${name}=(\\S+)`, 'm'))?.[1];
    if (!value) throw new Error(`user data: exports no SSM_${name}`);
    return value;
  };
  const [version, bucket, region] = [
    of(UPDATE_PARAMETER.version),
    of(UPDATE_PARAMETER.bucket),
    of(UPDATE_PARAMETER.region),
  ];
  const given = (name: string) => script.match(new RegExp(`^export SSM_${name}=(\\S+)$`, 'm'))?.[1];
  const optional = OPTIONAL.flatMap((name) => {
    const value = given(name);
    return value === undefined ? [] : [[`SSM_${name}`, value] as const];
  });
  for (const needed of ['aws s3api get-object', 'sha256sum -c', '/update.sh'])
    if (!script.includes(needed)) throw new Error(`user data: no ${needed}: nothing sets the host up`);
  return {
    version,
    bucket,
    key: keyOf(version),
    env: {
      [`SSM_${UPDATE_PARAMETER.version}`]: version,
      [`SSM_${UPDATE_PARAMETER.bucket}`]: bucket,
      [`SSM_${UPDATE_PARAMETER.region}`]: region,
      ...Object.fromEntries(optional),
    },
  };
}

export function keyOf(version: string): string {
  return `${SOFTWARE_KEY}${version}.tar`;
}

/** By the files as they were read, which thousands of worlds share. */
const understood = new WeakMap<ReadonlyMap<string, string>, HostFacts>();

/** @throws Error naming the file that is missing or cannot be understood */
export function readFacts(files: ReadonlyMap<string, string>): HostFacts {
  const known = understood.get(files) ?? understand(files);
  understood.set(files, known);
  return known;
}

function understand(files: ReadonlyMap<string, string>): HostFacts {
  const file = (what: string, name: string): string => {
    const found = files.get(name);
    if (found === undefined)
      throw new Error(`host software: no ${what} (${name}); it has ${[...files.keys()].join(', ') || 'no file'}`);
    return found;
  };
  /** A script with the files that it sources pasted in, each once: so it needs no other on the host that runs it. */
  const whole = (script: string, pasted = new Set<string>()): string =>
    script.replace(/^ *\. "\$\(dirname "\$0"\)\/(\w+\.sh)"$/gm, (_, name: string) => {
      if (pasted.has(name)) return '';
      pasted.add(name);
      return whole(file('part of a script', name), pasted);
    });
  const timer = file('timer of the probe', 'etc/remount-report.timer');
  const seconds = Number(
    timer.match(/^OnUnit(?:Active|Inactive)Sec=(\d+)s?$/m)?.[1] ?? timer.match(/^OnCalendar=\*:\*:0\/(\d+)$/m)?.[1],
  );
  if (!(seconds > 0))
    throw new Error(
      'host software: the timer of the probe has no OnUnitActiveSec or OnCalendar=*:*:0/N that is understood',
    );
  judgeServers(file('configuration of nginx', 'etc/nginx.conf'), file('web server of a volume', 'etc/web.conf'));
  return {
    updateScript: whole(file('update', 'update.sh')),
    probeScript: whole(file('probe', 'probe.sh')),
    probeSeconds: seconds,
    resume: readResume(files, whole),
    journaled: files.has('etc/remount-journal@.service'),
    taking: files.has('etc/remount-intake@.service'),
    watched: readWatched(files),
    agent: readAgent(file('configuration of the CloudWatch agent', 'etc/amazon-cloudwatch-agent.json')),
  };
}

/** What systemd runs at boot asks for: nothing without its unit, its script and its agent. */
function readWatched(files: ReadonlyMap<string, string>): readonly Watched[] {
  const [unit, list] = [files.get('etc/remount-witness.service'), files.get('etc/witness-volumes')];
  if (!unit || list === undefined || !files.has('witness.sh') || !files.has('agent/witness.mjs')) return [];
  if (!/^WantedBy=multi-user\.target$/m.test(unit))
    throw new Error('host software: remount-witness.service is not started at boot');
  return [...list.matchAll(/^(\S+) (\S+)$/gm)].map(([, volume = '', zone = '']) => ({ volume, zone }));
}

/** @param whole a script with all that it sources */
function readResume(files: ReadonlyMap<string, string>, whole: (script: string) => string): HostFacts['resume'] {
  const [unit, script] = [files.get('etc/remount-resume.service'), files.get('resume.sh')];
  if (!unit || !script) return undefined;
  for (const needed of [/^WantedBy=multi-user\.target$/m, /^ExecStart=.*exec \/bin\/sh \.\/resume\.sh"$/m])
    if (!needed.test(unit)) throw new Error(`host software: remount-resume.service has no ${needed.source}`);
  const number = (name: string) => {
    const value = Number(script.match(new RegExp(`\\$\\{REMOUNT_RESUME_${name}:-(\\d+)\\}`))?.[1]);
    if (!(value > 0)) throw new Error(`host software: resume.sh has no REMOUNT_RESUME_${name}`);
    return value;
  };
  return { script: whole(script), tries: number('TRIES'), pauseSeconds: number('PAUSE') };
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

function readAgent(json: string): HostFacts['agent'] {
  const { metrics } = JSON.parse(json) as AgentConfig;
  const statsd = metrics?.metrics_collected?.statsd;
  if (!metrics?.namespace || !statsd)
    throw new Error('host software: the CloudWatch agent has no namespace or no StatsD listener');
  const rolled = metrics.aggregation_dimensions?.some((set) => set.length === 1 && set[0] === METRIC.volumeDimension);
  if (!rolled)
    throw new Error(
      `host software: the CloudWatch agent does not publish the metric by ${METRIC.volumeDimension} alone (aggregation_dimensions)`,
    );
  return {
    namespace: metrics.namespace,
    dimension: METRIC.volumeDimension,
    aggregationSeconds: statsd.metrics_aggregation_interval ?? 60,
    flushSeconds: metrics.force_flush_interval ?? 60,
  };
}

/** The model's web servers are of one shape (`simulator/disks/memory/web-answer.ts`): what is deployed must be that. */
function judgeServers(front: string, web: string): void {
  for (const [what, conf, needed] of [
    [
      'nginx.conf',
      front,
      /location ~ \^\/healthz\/\(\?<volume>[^)]+\)\$ \{[^}]*\}?[^}]*proxy_pass http:\/\/unix:\/run\/remount-web\/\$volume\.sock;/,
    ],
    ['nginx.conf', front, /listen 80 default_server;/],
    ['web.conf', web, /location = \/healthz\/VOLUME \{\s*alias \/srv\/content\/VOLUME\/\.remount\/canary;/],
  ] as const)
    if (!needed.test(conf)) throw new Error(`host software: ${what} has no ${needed.source}`);
}
