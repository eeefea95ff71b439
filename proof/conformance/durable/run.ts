/**
 * One process: AWS's own durable test runner runs the deployed bundles of drill and heal, whose clients reach moto over HTTP, with one
 * kind of answer of the hosts. Prints what came of it as JSON. The runner fakes timers, so nothing else may run beside it.
 *
 * usage: node proof/conformance/durable/run.ts URL DRILL HEAL ANSWER SETTINGS: the bundles, and as JSON what the template sets of their environment
 */
import { pathToFileURL } from 'node:url';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { DescribeSnapshotsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { ALARM, alarmName, TAG } from '../../../contract/contract.ts';
import { REGION } from '../behaviours/bench.ts';
import { ANSWERS, type Answers } from './answers.ts';
import { makeWorld, STACK, VOLUME, type World } from './world.ts';

const [url = '', drillBundle = '', healBundle = '', kind = '', deployed = '{}'] = process.argv.slice(2);
const answers = ANSWERS[kind];
if (!answers) throw new Error(`answer: received "${kind}"; allowed: ${Object.keys(ANSWERS).join(', ')}`);

/** No time-outs of requests: under faked timers they are over at once. */
const settings = {
  region: REGION,
  endpoint: url,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: { connectionTimeout: 0, requestTimeout: 0 },
};

interface Command {
  readonly input: {
    readonly DocumentName?: string;
    readonly CommandId?: string;
    readonly Parameters?: Record<string, string[]>;
  };
}
interface Client {
  readonly middlewareStack: {
    add(middleware: unknown, options: object): void;
  };
}

/** Replaces what the hosts answer, in what moto has answered over HTTP. */
function answering(world: World, given: Answers) {
  const asked = new Map<string, { readonly verb: string; readonly volumeId: string }>();
  const middleware =
    (next: (args: Command) => Promise<{ output: Record<string, unknown> }>, context: { commandName?: string }) =>
    async (args: Command) => {
      // moto has no such call: both instances answer.
      if (context.commandName === 'DescribeInstanceInformationCommand')
        return {
          output: {
            InstanceInformationList: world.instances.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })),
          },
        };
      const result = await next(args);
      const { output } = result;
      if (context.commandName === 'SendCommandCommand') {
        const verb = String(args.input.DocumentName).replace(`${STACK}-`, '');
        const volumeId = args.input.Parameters?.VolumeId?.[0] ?? world.volumeId;
        asked.set(String((output.Command as { CommandId?: string }).CommandId), { verb, volumeId });
      }
      if (context.commandName === 'GetCommandInvocationCommand') {
        const { verb, volumeId } = asked.get(String(args.input.CommandId)) ?? { verb: '', volumeId: '' };
        output.StandardOutputContent = given(verb, volumeId);
      }
      return result;
    };
  return <C extends object>(client: C): C => {
    (client as unknown as Client).middlewareStack.add(middleware, { step: 'initialize', name: 'answers' });
    return client;
  };
}

const world = await makeWorld(settings);
let id = 0;
const runtime = {
  clock: { now: () => Date.now(), sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) },
  newId: () => `id-${++id}`,
  env: { ...(JSON.parse(deployed) as Record<string, string>), ...world.env },
  clients: settings,
  prepare: answering(world, answers),
  fetch,
  log: () => {},
};

type Handler = ConstructorParameters<typeof LocalDurableTestRunner>[0]['handlerFunction'];
async function execute(
  bundle: string,
  payload: object,
): Promise<{ readonly status: string; readonly outcome: string; readonly summary: string }> {
  const module: { createHandler(given: typeof runtime): Handler } = await import(pathToFileURL(bundle).href);
  const runner = new LocalDurableTestRunner<{ outcome: string; summary: string }>({
    handlerFunction: module.createHandler(runtime),
  });
  const execution = await runner.run({ payload });
  const status = String(execution.getStatus());
  if (status !== 'SUCCEEDED') return { status, outcome: 'failed', summary: JSON.stringify(execution.getError()) };
  const { outcome = '', summary = '' } = execution.getResult() ?? {};
  return { status, outcome, summary };
}

const alarm = {
  alarmData: {
    alarmName: alarmName(STACK, VOLUME, ALARM.serving),
    state: { value: 'ALARM', reason: 'Threshold Crossed', timestamp: new Date().toISOString() },
  },
};

await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
try {
  const drill = await execute(drillBundle, { drill: VOLUME });
  const { Snapshots } = await world.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [world.snapshotId] }));
  const verdict = Snapshots?.[0]?.Tags?.find(({ Key }) => Key === TAG.verdict)?.Value;
  const heal = await execute(healBundle, alarm);
  const { Volumes } = await world.ec2.send(new DescribeVolumesCommand({ VolumeIds: [world.volumeId] }));
  const role = Volumes?.[0]?.Tags?.find(({ Key }) => Key === TAG.role)?.Value;
  process.stdout.write(`${JSON.stringify({ drill, verdict: verdict ?? 'none', heal, role })}\n`);
} finally {
  await LocalDurableTestRunner.teardownTestEnvironment();
}
process.exit(0);
