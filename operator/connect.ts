import { setTimeout } from 'node:timers/promises';
import { ENV, metricNamespace, TAG } from '../contract/contract.ts';
import { OUTPUT, type Output } from '../contract/outputs.ts';
import {
  cloudFormationClient,
  cloudWatchClient,
  dynamoClient,
  ec2Client,
  kmsClient,
  snsClient,
  ssmClient,
} from '../lambda/aws/clients.ts';
import { dynamoLedger } from '../lambda/aws/dynamodb/ledger.ts';
import { instancesOf, neighbours, snapshotsOf } from '../lambda/aws/ec2/describe.ts';
import { ec2Instances } from '../lambda/aws/ec2/instances.ts';
import { toRecoveryPoint } from '../lambda/aws/ec2/shapes.ts';
import { tagsOf } from '../lambda/aws/ec2/tags.ts';
import type { Runtime } from '../lambda/aws/runtime.ts';
import { snsSubscribers } from '../lambda/aws/subscribers.ts';
import type { Incident, Volume } from '../lambda/core/world/model.ts';
import { type Bundles, s3Bundles } from './aws/bundles.ts';
import { lambdaExecutions } from './aws/executions.ts';
import { type Journals, s3Journals } from './aws/journal.ts';
import { keyOf } from './aws/key.ts';
import { endpointsOf } from './aws/network.ts';
import { type StoredPages, s3StoredPages } from './aws/pages.ts';
import { quarantinePorts } from './aws/quarantine.ts';
import { alarmsOf, incidentsOf, journalLag, outputsOf } from './aws/stack.ts';
import { s3Uploads, type Uploads } from './aws/uploads.ts';
import { ENDPOINTS, KEY, type Seen } from './doctor/doctor.ts';
import { type Points, pointsOf } from './points/points.ts';
import type { QuarantinePorts } from './quarantine/quarantine.ts';
import type { FollowPorts } from './run/follow.ts';
import { asking, type StatusPorts, UnknownVolume } from './status/gather.ts';

/** Where a command looks. */
export interface Place {
  readonly stack: string;
  readonly region: string;
  readonly runtime: Pick<Runtime, 'clock' | 'clients' | 'prepare'>;
}

/** What commands see of a stack. */
export interface Connection {
  readonly place: { readonly stack: string; readonly region: string };
  readonly outputs: ReadonlyMap<Output, string>;
  readonly status: StatusPorts;
  readonly follow: FollowPorts;
  readonly quarantine: QuarantinePorts;
  readonly uploads: Uploads;
  readonly journals: Journals;
  readonly pages: StoredPages;
  readonly bundles: Bundles;
  /** What a doctor asks beside the status. */
  doctor(): Promise<Omit<Seen, 'drills'>>;
  /** @throws UnknownVolume */
  points(volume: string): Promise<Points>;
  /** The newest first, at most so many. @throws UnknownVolume */
  incidents(volume: string, most: number): Promise<Incident[]>;
}

/** Time and credentials as on any machine. @param profile of the shared AWS configuration; `undefined`: as the environment says */
export function realRuntime(region: string): Place['runtime'] {
  return {
    clock: { now: () => Date.now(), sleep: (ms) => setTimeout(ms) },
    clients: { region },
    prepare: (client) => client,
  };
}

/** @throws Error where there is no such stack, or AWS does not let itself be asked for it */
export async function connect({ stack, region, runtime: given }: Place): Promise<Connection> {
  const runtime: Runtime = {
    ...given,
    newId: () => {
      throw new Error('a command makes no ids');
    },
    env: { [ENV.stack]: stack },
    fetch: (...request) => fetch(...request),
    log: () => {},
  };
  const { clock } = runtime;
  const outputs = await outputsOf(cloudFormationClient(runtime), stack);
  const table = outputs.get(OUTPUT.ledger) ?? '';
  const [ec2, dynamo, cloudWatch] = [ec2Client(runtime), dynamoClient(runtime), cloudWatchClient(runtime)];
  const ssm = ssmClient(runtime);
  const topic = outputs.get(OUTPUT.topic) ?? '';
  const ledger = dynamoLedger(dynamo, table);
  const instances = ec2Instances(ec2, ssm, stack);
  /** Nothing is there of it, or there is no such volume. @throws UnknownVolume */
  const known = async (volume: string) => {
    const names = [...byName(await neighbours(ec2, stack)).keys()].sort();
    if (!names.includes(volume)) throw new UnknownVolume(volume, names);
  };
  return {
    place: { stack, region },
    outputs,
    follow: {
      executions: lambdaExecutions(runtime),
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
    },
    uploads: s3Uploads(runtime),
    journals: s3Journals(runtime),
    pages: s3StoredPages(runtime, outputs.get(OUTPUT.pages)),
    bundles: s3Bundles(runtime),
    quarantine: quarantinePorts({ ec2, ssm, dynamo }, clock, stack, outputs),
    async doctor() {
      const { asked, unasked } = asking();
      const ways = outputs.get(OUTPUT.endpoints);
      const arn = outputs.get(OUTPUT.key);
      const [versions, endpoints, key] = await Promise.all([
        asked('EC2: host software', async () =>
          (await instancesOf(ec2, stack, 'running')).map((each) => {
            const version = tagsOf(each)[TAG.software];
            return { id: each.InstanceId ?? '', ...(version && { version }) };
          }),
        ),
        ways === undefined ? undefined : asked(ENDPOINTS, () => endpointsOf(ec2, ways)),
        arn === undefined ? undefined : asked(KEY, () => keyOf(kmsClient(runtime), arn)),
      ]);
      return { ...(versions && { versions }), ...(endpoints && { endpoints }), ...(key && { key }), unasked };
    },
    async points(volume) {
      const found = await snapshotsOf(ec2, stack, volume, (snapshot) => {
        const finding = tagsOf(snapshot)[TAG.finding];
        return { ...toRecoveryPoint(snapshot), ...(finding && { finding }) };
      });
      if (found.length === 0) await known(volume);
      return pointsOf(volume, found, clock.now());
    },
    async incidents(volume, most) {
      const found = await incidentsOf(dynamo, table, volume, most);
      if (found.length === 0) await known(volume);
      return found;
    },
    status: {
      stack,
      region,
      now: () => clock.now(),
      volumes: async () => byName(await neighbours(ec2, stack)),
      ledger: (volume) => ledger.read(volume),
      recoveryPoints: (volume) => snapshotsOf(ec2, stack, volume, toRecoveryPoint),
      alarms: () => alarmsOf(cloudWatch, stack),
      journalLagMs: (volume) => journalLag(cloudWatch, stack, volume, clock.now()),
      hosts: async () =>
        (await instances.list()).map(({ id, zone, state, agentOnline }) => ({ id, zone, state, agentOnline })),
      subscribers: async () =>
        (await snsSubscribers(snsClient(runtime), cloudWatch, topic, metricNamespace(stack)).count()).confirmed,
    },
  };
}

function byName(volumes: readonly (Volume & { readonly of: string })[]): Map<string, Volume[]> {
  const found = new Map<string, Volume[]>();
  for (const volume of volumes) found.set(volume.of, [...(found.get(volume.of) ?? []), volume]);
  found.delete('');
  return found;
}
