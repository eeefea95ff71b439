/** A first deployment, and nothing else: what people get by mail until all is well. */
import { counted } from '../../command/duration.ts';
import { check, neverBlank, oneWriter } from '../../judge/checks.ts';
import { heard, isOf } from '../../judge/heard.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp } from '../story/deployed-stack.ts';

const MINUTE_MS = 60_000;
/** Longer than any alarm needs for its first word, and than the first snapshots and their drills. */
const SETTLED_MS = 120 * MINUTE_MS;

export const firstDeployment: Scenario = {
  about: 'a stack is deployed for the first time, and nothing is wrong: what people are notified of',
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  const { services, clock } = world;
  const watch = new Watch(world);
  world.spotlight(true);
  const stage = await bringUp(world);
  await clock.run(clock.now() + SETTLED_MS);
  world.spotlight(false);
  watch.stop();
  const missing = typeof stage === 'string' ? stage : undefined;
  const volumes = typeof stage === 'string' ? [] : stage.volumes.map((v) => v.name);
  return {
    checks: [
      oneWriter(watch),
      neverBlank(watch),
      check('every content volume is served after a deployment', missing === undefined, missing ?? volumes.join(', ')),
      nobodyAlarmed(world),
      ...volumes.map((volume) => notifiedOnce(world, volume)),
      allCalm(services),
    ],
    recovery: undefined,
  };
}

/** An alarm's word that it is calm alarms nobody, and neither does the healer's that content is served for the first time. */
function nobodyAlarmed({ services }: World): Check {
  const { messages } = services.sns;
  const wolf = messages.filter((m) => m.alarm?.state !== 'OK' && !isOf(m, ['served'])).map((m) => m.subject);
  return check(
    'nobody is alarmed by a first deployment',
    wolf.length === 0,
    wolf,
    `${counted(messages.length, 'message')}, none of them of anything wrong`,
  );
}

function notifiedOnce({ services }: World, volume: string): Check {
  const notified = heard(services.sns, { volume });
  return check(
    `people are notified once that ${volume} is served`,
    notified.length === 1,
    counted(notified.length, 'message'),
  );
}

function allCalm({ cloudwatch }: World['services']): Check {
  const not = cloudwatch.alarms.filter((a) => a.state !== 'OK').map((a) => `${a.name} ${a.state}`);
  return check(
    'in the end every alarm watches, and is calm',
    cloudwatch.alarms.length > 0 && not.length === 0,
    not,
    `${cloudwatch.alarms.length} alarms are OK`,
  );
}
