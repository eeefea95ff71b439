/** A first deployment that fails, one that works, and the stack's removal as docs/removal.md has it. */

import { deleteStack } from '../../../simulator/aws/cloudformation/delete.ts';
import { createStack } from '../../../simulator/aws/cloudformation/stack.ts';
import { counted } from '../../command/duration.ts';
import { check, firstLine, inventory, neverBlank, nothingDeleted, oneWriter } from '../../judge/checks.ts';
import { leftIn } from '../../judge/heard.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { PERSON } from '../story/breaking.ts';
import { prepare } from '../story/incident.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FAILS = 'Resource creation cancelled';

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
  const before = inventory(world);
  const ledger = services.dynamodb.all().length;
  const sent = services.sns.messages.length;
  world.spotlight(true);
  const stuck = await within(world, () => deleteStack(services, stage.created));
  await clock.run(clock.now() + HOUR_MS);
  world.spotlight(false);
  const volumes = strike.failures.map((f) => services.ec2.volumes.get(f.volumeId));
  const called = services.sns.messages.slice(sent).map((m) => m.subject);
  const kept = [
    check('the stack is removed to its end', stuck.length === 0, stuck, 'yes'),
    nothingDeleted(world, before),
    check(
      'the ledger is kept',
      services.dynamodb.all().length >= ledger,
      counted(services.dynamodb.all().length, 'item'),
    ),
    check(
      'every content volume is free, and of the same data',
      volumes.every((v) => v?.state === 'available'),
      volumes.map((v) => `${v?.id} ${v?.state}`).join(', '),
    ),
    check('nobody is notified of anything by the removal', called.length === 0, called, 'nothing'),
    check('nothing goes on', services.lambda.busy === 0, `${services.lambda.busy} events`),
  ];
  const since = services.sns.messages.length;
  const again = await createStack(services, world.template, world.stackName, world.zones);
  const status = services.cloudFormation.statusOf(world.stackName);
  const adopted = [...again.references.values()].map((r) => r.attributes.VolumeId).filter((id) => id !== undefined);
  const messages = services.sns.messages.slice(since);
  const ofKey = (volumeId: string) =>
    messages.some((m) => leftIn(m, 'otherKey').some((left) => left.volumeId === volumeId));
  watch.stop();
  const back = [
    oneWriter(watch),
    neverBlank(watch),
    check(
      'deployed again, it adopts what was kept',
      status === 'CREATE_COMPLETE' && strike.failures.every((f) => adopted.includes(f.volumeId)),
      `${status}: ${adopted.join(', ')}`,
    ),
    check(
      'and says of each which key its roles have to be allowed to use',
      strike.failures.every((f) => ofKey(f.volumeId)),
      messages[0] ? firstLine(messages[0]) : 'nothing',
    ),
  ];
  return { checks: [...failed, ...kept, ...back], recovery: undefined };
}

/** What docs/removal.md says to do with what a failed first deployment has left: nobody has uploaded anything to them. */
async function deleteVolumes(world: World): Promise<number> {
  const { cloud, ec2 } = world.services;
  const left = [...ec2.volumes.values()];
  for (const { id } of left) await cloud.call(PERSON, 'ec2', 'DeleteVolume', { VolumeId: id });
  return left.length;
}

async function firstFails(world: World): Promise<Check[]> {
  const { services, stackName } = world;
  const created = await createStack(services, world.template, stackName, world.zones, FAILS);
  const status = services.cloudFormation.statusOf(stackName);
  const volumes = [...services.ec2.volumes.values()].map((v) => v.id);
  // A stack that was rolled back is deleted before its name can be used again.
  const stuck = await within(world, () => deleteStack(services, created));
  // Their instances have just ended.
  await world.clock.run(world.clock.now() + 10 * MINUTE_MS);
  const deleted = await within(world, () => deleteVolumes(world));
  return [
    check('a first deployment that fails is rolled back to its end', status === 'ROLLBACK_COMPLETE', `${status}`),
    check('and what it leaves behind is deleted', stuck.length === 0, stuck, 'yes'),
    check('but for the volumes that it had made', volumes.length > 0 && deleted === volumes.length, volumes.join(', ')),
  ];
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
