import { bringUp } from '../../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Assembly } from '../../../rehearsal/world/assembly.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { openServices } from '../../../simulator/aws/account/services.ts';
import type { StreamRecord } from '../../../simulator/aws/dynamodb/stream.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { VirtualClock } from '../../../simulator/time/clock.ts';
import { Random } from '../../../simulator/time/random.ts';
import { type Bench, clients } from './bench.ts';

const START = Date.parse('2026-01-07T00:00:00Z');
const SETTLE_MS = 60_000;
/** Virtual: no behaviour takes longer. */
const BOUND_MS = 3600_000;

const ANYONE: Principal = {
  name: 'anyone',
  statements: () =>
    readStatements({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'bench'),
};

/** The bench on the simulated AWS, with the stack deployed in it: calls go through the real SDK, in virtual time. `records` is what its stream has had. */
export async function ours(assembly: Assembly): Promise<{
  readonly bench: Bench;
  readonly records: readonly StreamRecord[];
  within<T>(run: () => Promise<T>): Promise<T>;
}> {
  const clock = new VirtualClock(START);
  const random = new Random(1);
  const disks = openDisks({ kind: 'memory' });
  const services = openServices({ region: assembly.region, clock, random, disks }, assembly.directory);
  const quiet = () => {};
  const world = {
    services,
    disks,
    clock,
    random: random.stream('bench'),
    template: templateOf(assembly),
    stackName: assembly.stackName,
    zones: assembly.zones,
    progress: quiet,
    say: quiet,
    quote: quiet,
    spotlight: quiet,
  };
  const stage = await bringUp(world);
  if (typeof stage === 'string') throw new Error(`the stack did not come up: ${stage}`);
  const [volume] = stage.volumes;
  const owner = stage.ownerOf(volume?.name ?? '');
  const instances = [...services.ec2.instances.values()].filter(({ state }) => state === 'running');
  const zone = instances.find(({ id }) => id === owner)?.zone;
  const standby = instances.find((each) => each.zone === zone && each.id !== owner);
  const far = instances.find((each) => each.zone !== zone);
  const named = (type: string, part: string) =>
    [...stage.created.resources.values()]
      .filter((each) => each.type === type && each.logicalId.includes(part))
      .map(({ logicalId }) => stage.created.references.get(logicalId)?.ref)[0];
  const table = named('AWS::DynamoDB::GlobalTable', '') ?? named('AWS::DynamoDB::Table', '');
  const document = named('AWS::SSM::Document', 'Probe');
  if (!volume || !owner || !standby || !far || !table || !document)
    throw new Error('the stack has not what the bench needs');
  const records: StreamRecord[] = [];
  services.dynamodb.streamOf(table).readers.push((record) => records.push(record));
  const made = clients({ ...CLIENT_SETTINGS, region: assembly.region });
  const prepare = simulatedAws(services.cloud, ANYONE);
  for (const client of Object.values(made)) prepare(client);
  const bench: Bench = {
    ...made,
    owner,
    standby: standby.id,
    far: far.id,
    table,
    streamed: async () => records,
    bucket: services.s3.create('bench').name,
    document,
    // There it is not mounted.
    parameters: { Volume: [volume.name] },
    settle: () => clock.sleep(SETTLE_MS),
  };
  return {
    bench,
    records,
    async within(run) {
      let done: { readonly value: Awaited<ReturnType<typeof run>> } | undefined;
      clock.spawn('bench', async () => {
        done = { value: await run() };
      });
      await clock.run(clock.now() + BOUND_MS, () => done !== undefined);
      if (!done) throw new Error('the simulated AWS did not answer within an hour of virtual time');
      return done.value;
    },
  };
}
