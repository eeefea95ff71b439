/** A first deployment that fails, one that works, and the stack's removal as docs/removal.md has it. */
import { check, inventory, nothingDeleted } from '../checks.ts';
import { createStack } from '../cloud/stack.ts';
import { deleteStack } from '../cloud/stack-delete.ts';
import { servedVolume } from '../measure.ts';
import { Watch } from '../watch.ts';
import type { Check, Scenario, ScenarioResult, World } from '../world.ts';
import { prepare } from './incident.ts';
import { bringUp, type Stage } from './stage.ts';

const HOUR_MS = 3600_000;
/** The last that are made: everything else is there by then. */
const FAILS = 'AWS::CloudWatch::Alarm';

export const removed: Scenario = {
  about: 'a first deployment fails and is rolled back; later the stack is removed, and deployed again',
  settings: { drills: { enabled: false } },
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  const { services, clock } = world;
  const failed = await firstFails(world);
  const prepared = await prepare(world, true);
  if ('checks' in prepared) return { ...prepared, checks: [...failed, ...prepared.checks] };
  const { stage, watch, strike } = prepared;
  watch.stop();
  const content = contents(world, stage);
  const before = inventory(world);
  const ledger = services.dynamodb.all().length;
  const told = services.sns.messages.length;
  world.spotlight(true);
  const stuck = await within(world, () => deleteStack(services, stage.created));
  await clock.run(clock.now() + HOUR_MS);
  world.spotlight(false);
  const volumes = strike.failures.map((f) => services.ec2.volumes.get(f.volumeId));
  const called = services.sns.messages.slice(told).map((m) => m.subject);
  const kept = [
    check('the stack is removed to its end', stuck.length === 0, stuck.join('; ') || 'yes'),
    nothingDeleted(world, before),
    check('the ledger is kept', services.dynamodb.all().length >= ledger, `${services.dynamodb.all().length} items`),
    check(
      'every content volume is free, and of the same data',
      volumes.every((v) => v?.state === 'available'),
      volumes.map((v) => `${v?.id} ${v?.state}`).join(', '),
    ),
    check('nobody is told anything by the removal', called.length === 0, called.join('; ') || 'nothing'),
    check('nothing goes on', services.lambda.busy === 0, `${services.lambda.busy} events`),
  ];
  const again = new Watch(world);
  const back = await bringUp(world);
  again.stop();
  const returned = typeof back === 'string' ? back : contents(world, back);
  const same = check('deployed again, it adopts what was kept', returned === content, returned);
  return { checks: [...failed, ...kept, same], recovery: undefined };
}

async function firstFails(world: World): Promise<Check[]> {
  const { services, stackName } = world;
  const created = await createStack(services, world.template, stackName, world.zones, {
    fails: { [FAILS]: 'Resource creation cancelled' },
  });
  const status = services.cloudFormation.statusOf(stackName);
  const volumes = [...services.ec2.volumes.values()].map((v) => v.id);
  // A stack that was rolled back is deleted before its name can be used again.
  const stuck = await within(world, () => deleteStack(services, created));
  return [
    check('a first deployment that fails is rolled back to its end', status === 'ROLLBACK_COMPLETE', `${status}`),
    check('and what it leaves behind is deleted', stuck.length === 0, stuck.join('; ') || 'yes'),
    check('but for the volumes that it had made', volumes.length > 0, volumes.join(', ') || 'none'),
  ];
}

/** What is served of each content volume, by which volume. */
function contents(world: World, stage: Stage): string {
  return stage.volumes
    .map(({ name }) => {
      const owner = stage.servedBy(name) ?? '';
      const files = world.disks.list(owner, name).length;
      return `${name}: ${servedVolume(world, owner, name)} with ${files} courses`;
    })
    .join('; ');
}

async function within<T>({ clock }: World, run: () => Promise<T>): Promise<T> {
  let ended: { readonly value: T } | undefined;
  clock.spawn('deployment', async () => {
    ended = { value: await run() };
  });
  await clock.run(Number.MAX_SAFE_INTEGER, () => ended !== undefined);
  if (!ended) throw new Error('the deployment never ended');
  return ended.value;
}
