import type { KeyNow } from '../aws/key.ts';
import type { EndpointNow } from '../aws/network.ts';
import type { Status, Unasked, VolumeStatus } from '../status/status.ts';
import type { Finding } from './finding.ts';
import { keyFindings } from './key.ts';

/** What could keep a heal from working tonight. Times are Unix milliseconds. */
export interface Diagnosis {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly stack: string;
  readonly region: string;
  readonly at: number;
  readonly findings: readonly Finding[];
  /** Asked, and not answered. */
  readonly unasked: readonly Unasked[];
  /** Never asked by this command, and what to do instead. */
  readonly beyond: readonly { readonly what: string; readonly do: string }[];
}

/** Seen beside the status. */
export interface Seen {
  /** Host software on running instances, by their tags; `undefined` where nobody could be asked. */
  readonly versions?: readonly { readonly id: string; readonly version?: string }[];
  readonly drills: boolean;
  /** Of the stack's own network; `undefined` where it has none, or nobody could be asked. */
  readonly endpoints?: readonly EndpointNow[];
  /** `undefined` where the stack does not name it, or nobody could be asked. */
  readonly key?: KeyNow;
  readonly unasked: readonly Unasked[];
}

const MINUTE_MS = 60_000;
/** As the alarms on ages have it (docs/runbook.md). */
const NEWEST_MS = 60 * MINUTE_MS;
const VERIFIED_MS = 75 * MINUTE_MS;
const LAG_MS = MINUTE_MS;

const BEYOND: Diagnosis['beyond'] = [
  { what: 'quotas of EBS', do: 'aws service-quotas list-service-quotas --service-code ebs' },
  { what: 'clocks of the hosts', do: 'chronyc tracking on each, through Session Manager' },
  {
    what: 'the policy of the key',
    do: 'aws kms get-key-policy: it has to leave the key to IAM, or name whoever uses it',
  },
  { what: 'roles of the functions', do: 'the alarms healer-failed and guard-failed go on where they lack something' },
];

/** Asked of EC2, where the network is the stack's own. */
export const ENDPOINTS = 'EC2: VPC endpoints';
const FOREIGN = {
  what: 'endpoints of a VPC that is not the stack’s own',
  do: 'aws ec2 describe-vpc-endpoints: ssm, ssmmessages, monitoring, s3 and dynamodb have to be available',
};
/** Asked of KMS, where the stack names its key. */
export const KEY = 'KMS: the key';
const UNNAMED = {
  what: 'the key, which a stack of before does not name',
  do: 'cdk deploy; or aws kms describe-key: it has to be Enabled',
};
/** What hosts do by each. */
const NEEDED: Readonly<Record<string, string>> = {
  ssm: 'no command reaches a host',
  ssmmessages: 'no command reaches a host',
  monitoring: 'hosts say nothing, and the alarms go off',
  s3: 'hosts get no software, and the journal stands still',
  dynamodb: 'a host that boots does not know what it owns',
};

export function diagnose(status: Status, seen: Seen): Diagnosis {
  const { stack, region, at, volumes, hosts, alarms = [], subscribers } = status;
  const findings: Finding[] = [
    ...(subscribers === 0
      ? [
          {
            about: 'messages' as const,
            what: 'the topic has no confirmed subscriber: nobody hears of a heal',
            do: 'runbook: nobody-notified',
          },
        ]
      : []),
    ...(hosts ?? [])
      .filter(({ state, agentOnline }) => state === 'running' && !agentOnline)
      .map(({ id }) => ({
        about: 'agents' as const,
        what: `no command reaches ${id}`,
        do: `see why: Systems Manager, its endpoints, amazon-ssm-agent on ${id}; or terminate it, if nobody needs it`,
      })),
    ...alarms.map((kind) => ({ about: 'alarms' as const, what: `the alarm ${kind} is on`, do: `runbook: ${kind}` })),
    ...versionsOf(seen.versions ?? []),
    ...endpointsOf(seen.endpoints ?? []),
    ...keyFindings(seen.key),
    ...(volumes.length === 0 && status.unasked.length === 0
      ? [{ about: 'volumes' as const, what: 'there is no content volume', do: 'deploy the stack with one' }]
      : []),
    ...volumes.flatMap((volume) => ofVolume(volume, status, seen)),
  ];
  const asked = (what: string, answer: unknown) =>
    answer !== undefined || seen.unasked.some((each) => each.what === what);
  const beyond = [
    ...BEYOND,
    ...(asked(ENDPOINTS, seen.endpoints) ? [] : [FOREIGN]),
    ...(asked(KEY, seen.key) ? [] : [UNNAMED]),
  ];
  return { schema: 1, stack, region, at, findings, unasked: [...status.unasked, ...seen.unasked], beyond };
}

function versionsOf(hosts: NonNullable<Seen['versions']>): Finding[] {
  const known = new Set(hosts.flatMap(({ version }) => version ?? []));
  if (known.size < 2) return [];
  const each = hosts.map(({ id, version = 'unknown' }) => `${id} ${version}`).join(', ');
  return [
    { about: 'versions', what: `instances run different host software: ${each}`, do: 'runbook: software-behind' },
  ];
}

function endpointsOf(endpoints: readonly EndpointNow[]): Finding[] {
  return endpoints.flatMap(({ service, id, state, unnamed }): Finding[] => {
    const without = NEEDED[service] ?? 'calls of hosts to it fail';
    const about = 'endpoints' as const;
    if (state === undefined)
      return [
        {
          ...{ about, what: `the endpoint ${id} for ${service} is not there any more: ${without}` },
          do: 'runbook: endpoints: cdk deploy makes none that it takes to be there',
        },
      ];
    if (state !== 'available')
      return [
        {
          ...{ about, what: `the endpoint ${id} for ${service} is ${state}, and not available: ${without}` },
          do: `runbook: endpoints; aws ec2 describe-vpc-endpoints --vpc-endpoint-ids ${id}`,
        },
      ];
    if (!unnamed) return [];
    return [
      {
        ...{ about, what: `the endpoint ${id} for ${service} has no private DNS name: ${without}` },
        do: `aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${id} --private-dns-enabled`,
      },
    ];
  });
}

function ofVolume(v: VolumeStatus, { at, hosts, unasked }: Status, { drills }: Seen): Finding[] {
  const found: Finding[] = [];
  const { volume } = v;
  const add = (about: Finding['about'], what: string, how: string) => void found.push({ about, volume, what, do: how });
  const asked = (what: string) => !unasked.some((each) => each.what === what);
  if (v.served === false) add('volumes', 'it is not served', `runbook: serving; then remount heal ${volume}`);
  if (v.heal) add('volumes', `the heal ${v.heal.healId} is under way`, `remount status ${volume}`);
  if (v.paged) add('volumes', `people were called, and have not seen to it: ${v.paged.about}`, 'runbook: serving');
  for (const kind of v.deaf ?? [])
    add(
      'alarms',
      `its alarm ${kind} starts no heal: it is not there, has no data, or its actions are off`,
      `aws cloudwatch describe-alarms; enable-alarm-actions; runbook: ${kind}`,
    );
  for (const kind of v.alarms) add('alarms', `its alarm ${kind} is on`, `runbook: ${kind}`);
  if (asked(`EC2: snapshots of ${volume}`)) {
    if (!v.newest) add('points', 'it has no completed snapshot', 'runbook: recovery-point');
    else if (at - v.newest.at > NEWEST_MS)
      add('points', 'its newest completed snapshot is older than 60 min', 'runbook: recovery-point');
    if (drills && !v.verified) add('points', 'no copy of it was mounted and read', `remount drill ${volume}`);
    else if (drills && v.verified && at - v.verified.at > VERIFIED_MS)
      add(
        'points',
        'its newest verified snapshot is older than 75 min',
        `remount drill ${volume}; runbook: verified-recovery-point`,
      );
  }
  if (asked(`the ledger: ${volume}`)) {
    if (drills && !v.spare)
      add('spare', 'it has no spare: a heal takes minutes, and not seconds', `remount drill ${volume}`);
    if (
      hosts &&
      v.current?.instanceId &&
      v.spare?.instanceId !== undefined &&
      v.spare.instanceId === v.current.instanceId
    )
      add('spare', `its spare ${v.spare.volumeId} is at its own owner`, `remount drill ${volume}`);
  }
  if (v.journalLagMs !== undefined && v.journalLagMs > LAG_MS)
    add('journal', 'changes have waited for more than a minute', 'runbook: journal-behind');
  if (hosts && v.current?.instanceId) {
    const owner = hosts.find(({ id }) => id === v.current?.instanceId);
    const others = hosts.filter(
      ({ id, zone, state, agentOnline }) =>
        id !== v.current?.instanceId && (!owner || zone === owner.zone) && state === 'running' && agentOnline,
    );
    if (owner?.state !== 'running')
      add('hosts', `its owner ${v.current.instanceId} does not run`, `remount heal ${volume}`);
    if (others.length === 0)
      add(
        'hosts',
        `no other instance ${owner ? `in ${owner.zone} ` : ''}answers: there is nobody to take over`,
        "raise the capacity of the zone's Auto Scaling group",
      );
  }
  return found;
}

export const isSound = ({ findings, unasked }: Diagnosis): boolean => findings.length === 0 && unasked.length === 0;
