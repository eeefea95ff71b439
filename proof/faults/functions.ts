/** The functions under faults: what is deployed, with the injector between it and the cloud. */

import { ENV } from '../../contract/contract.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import type { Ports } from '../../lambda/core/world/ports.ts';
import { driller } from '../../lambda/drill/index.ts';
import { createHandler as createGuard } from '../../lambda/guard/index.ts';
import { healer, portsOf } from '../../lambda/heal/index.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { FunctionDefinition } from '../../simulator/aws/lambda/lambda.ts';
import type { HealEnd } from './checkers/records.ts';
import type { Injector } from './injector.ts';
import { PLAIN } from './schedule.ts';
import { executeVirtually } from './workflow.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** How far a skewed clock is off. */
export const SKEW_MS = MINUTE_MS;
const LATE_MS = 90 * SECOND_MS;
const TWICE_MS = 20 * SECOND_MS;

export interface FunctionOptions {
  /** The deployed bundles on the real durable SDK, and nothing in their place. */
  readonly durable: boolean;
  /** Puts something between the healer and the world: how the checkers are tried out. */
  readonly tamper?: ((ports: Ports) => Ports) | undefined;
}

/**
 * Puts the injector between the functions and the cloud, and those that last on a workflow in virtual time.
 * @param tagsChanged is called when a call has changed tags, of which the log says nothing
 * @returns how the executions of the healer ended
 */
export function installFunctions(
  services: Services,
  options: FunctionOptions,
  injector: Injector,
  tagsChanged: () => void,
): { endedSince(at: number): HealEnd[] } {
  const { cloud, lambda } = services;
  const ends: HealEnd[] = [];
  const healers = new Set<string>();
  /** Principal -> what the names of its points begin with. */
  const faulty = new Map<string, string>();
  cloud.intercept = (call, perform) => {
    const seen = () => {
      const output = perform();
      if (call.operation.endsWith('Tags')) tagsChanged();
      return output;
    };
    if (call.principal.agentOf !== undefined) return injector.agentCall(call, seen);
    const by = call.service === 'lambda' ? undefined : faulty.get(call.principal.name);
    return by === undefined ? Promise.resolve(seen()) : injector.call(call, seen, by);
  };
  lambda.substitute = (definition, runtime) => {
    const { env, principal } = definition;
    if (definition.executionSeconds === undefined) {
      if (ENV.key in env) faulty.set(principal.name, PLAIN.keeper);
      if (!(ENV.policy in env)) return undefined;
      faulty.set(principal.name, PLAIN.guard);
      return options.durable ? undefined : mortal(createGuard(runtime), injector);
    }
    faulty.set(principal.name, '');
    if (!(ENV.targetGroups in env))
      return options.durable ? undefined : virtualDriller(services, injector, definition, runtime);
    healers.add(definition.arn);
    return options.durable ? undefined : virtualHealer({ options, services, injector, ends }, definition, runtime);
  };
  return {
    endedSince: (at) => [...ends, ...durableEnds(services, healers)].filter((end) => end.endedAt >= at),
  };
}

/** How the executions on the real durable SDK ended. */
function durableEnds({ lambda }: Services, functions: ReadonlySet<string>): HealEnd[] {
  return lambda.executions.flatMap(({ functionArn, startedAt, ended, lives }) => {
    // An execution is of a version.
    if (!ended || !functions.has(functionArn.replace(/:\d+$/, ''))) return [];
    const calls = lives.reduce((sum, life) => sum + life.calls, 0);
    const end =
      ended.status === 'SUCCEEDED'
        ? (JSON.parse(ended.result) as Pick<HealEnd, 'healId' | 'outcome' | 'summary'>)
        : { healId: undefined, outcome: 'failed', summary: ended.result };
    return [{ ...end, startedAt, endedAt: ended.at, calls }];
  });
}

/** What the healer is put between; its executions are added to `ends`. */
interface Installed {
  readonly options: FunctionOptions;
  readonly services: Services;
  readonly injector: Injector;
  readonly ends: HealEnd[];
}

function virtualHealer(
  { options, services, injector, ends }: Installed,
  definition: FunctionDefinition,
  runtime: Runtime,
): (event: unknown) => Promise<void> {
  const { tamper } = options;
  const { cloud } = services;
  const { clock } = cloud;
  let skew = 0;
  const skewed: Runtime = {
    ...runtime,
    clock: { now: () => clock.now() + skew, sleep: (ms) => clock.sleep(ms) },
  };
  const ports = portsOf(skewed);
  const heal = healer(skewed, tamper ? tamper(ports) : ports);
  const chance = cloud.random.stream('workflow');
  const speaker = definition.logicalId.replace(/[0-9A-F]{8}$/, '');
  const execute = async (event: unknown) => {
    // All executions share one clock: a skew lasts from one execution to the next.
    const kinds = injector.due('clock');
    skew = kinds.includes('ahead') ? SKEW_MS : kinds.includes('behind') ? -SKEW_MS : 0;
    const startedAt = clock.now();
    const made = { calls: 0 };
    const died = () => cloud.say('lambda', 'an invocation died: it is run again, from the last checkpoint');
    try {
      const end = await executeVirtually({ clock, random: chance, injector, died, made }, (w) => heal(w, event));
      cloud.say(speaker, `${end.outcome}: ${end.summary}`);
      ends.push({ ...end, startedAt, endedAt: clock.now(), calls: made.calls });
    } catch (error) {
      const summary = error instanceof Error ? error.message : String(error);
      cloud.say(speaker, `execution failed: ${summary}`);
      ends.push({ healId: undefined, outcome: 'failed', summary, startedAt, endedAt: clock.now(), calls: made.calls });
    }
  };
  return async (event) => {
    const kinds = injector.due('trigger');
    if (kinds.includes('never')) return;
    if (kinds.includes('late')) await clock.sleep(LATE_MS);
    if (kinds.includes('twice'))
      clock.after(TWICE_MS, () => clock.spawn('a trigger that came twice', () => execute(event)));
    await execute(event);
  };
}

/** A function of one invocation at a time: when it dies, whatever it calls from then on has no effect, and Lambda calls it failed. */
function mortal(run: () => Promise<void>, injector: Injector): () => Promise<void> {
  return () => injector.lives.run({ dead: false, restMs: 0, made: { calls: 0 } }, run);
}

/** Drills run beside, in virtual time as well, and meet the same faults. */
function virtualDriller(
  { cloud }: Services,
  injector: Injector,
  definition: FunctionDefinition,
  runtime: Runtime,
): (event: unknown) => Promise<void> {
  const { clock } = cloud;
  const run = driller(runtime);
  const chance = cloud.random.stream('drills');
  const speaker = definition.logicalId.replace(/[0-9A-F]{8}$/, '');
  const died = () => cloud.say('lambda', 'an invocation of the drill died: it is run again, from the last checkpoint');
  return async (event) => {
    const parts = { clock, random: chance, injector, died, made: { calls: 0 } };
    const end = await executeVirtually(parts, (w) => run(w, event));
    if (end.outcome !== 'nothing') cloud.say(speaker, `${end.outcome}: ${end.summary}`);
  };
}
