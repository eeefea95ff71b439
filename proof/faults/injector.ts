import { AsyncLocalStorage } from 'node:async_hooks';
import { VERB_PARAMETER } from '../../contract/contract.ts';
import type { Call } from '../../simulator/aws/account/call.ts';
import { hangInstance, killAgent, wakeInstance } from '../../simulator/aws/account/failures.ts';
import { KILL_AT } from '../../simulator/aws/account/faults.ts';
import { GARBLED, type Garbled } from '../../simulator/aws/account/garble.ts';
import { denied, serverError, silence, throttled, unheard } from '../../simulator/aws/account/mishaps.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { SimSnapshot } from '../../simulator/aws/ec2/state.ts';
import { AGENT } from '../../simulator/aws/fleet/hosts.ts';
import { type HostResult, type HostRun, KILLED } from '../../simulator/disks/disks.ts';
import { MemoryDisks } from '../../simulator/disks/memory/memory.ts';
import type { Refused } from './checkers/drills.ts';
import { type Fault, type FaultKind, isRead, OF_AGENTS, scheduleText } from './schedule.ts';
import { Views } from './views.ts';
import { Visits } from './visits.ts';

/** Thrown out of every call and every step of an invocation that has died: nothing more of it comes to pass. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** One invocation of a function. */
export interface Life {
  dead: boolean;
  /** How long nobody runs it again, beyond the usual. Milliseconds. */
  restMs: number;
  /** Of the execution that it belongs to: how many calls arrived at AWS. */
  readonly made: Made;
  /** Which step it is in, or was last. */
  step?: string;
}

/** What one execution has done so far. */
export interface Made {
  calls: number;
  /** Known once its first step is recorded; drills have none. */
  healId?: string;
}

/** Longer than a lease. */
export const DIE_LONG_MS = 17 * 60_000;
const SLOW_MS = 30_000;
/** How long a caller waits for an answer that was lost. */
const LOST_MS = 10_000;
/** Long enough for whatever the caller does instead. */
const OVERDUE_MS = 4 * 60_000;
/** Longer ago than this, EC2's answers are consistent. */
const STALE_MS = 60_000;
const HANG_MS = 45_000;
const HANG_LONG_MS = 7 * 60_000;
/** A step that began with the lease may go on for a moment without it, and clocks may be off. */
const LEASE_SLACK_MS = 3 * 60_000;
/** How Systems Manager shows an answer then. */
const SHOWN: Readonly<Partial<Record<FaultKind, Garbled>>> = {
  emptyAnswer: GARBLED.empty,
  cutAnswer: GARBLED.cut,
  otherAnswer: GARBLED.other,
};
/** Nobody knows this exit code. */
const FAILED = 1;

/** One for all worlds: see `clock.ts`. */
const LIVES = new AsyncLocalStorage<Life>();

/**
 * Counts how often the healer comes by at each point, and does there what the schedule says. Points are named by what is
 * done and not by a running number over everything: so a schedule means the same when a fault is taken out of it.
 */
export class Injector {
  readonly lives = LIVES;
  /** How often the healer came by at each point, while faults may happen. */
  readonly points = new Map<string, number>();
  /** What was asked and answered there; only where somebody wants to know. */
  visits: Visits | undefined;
  /** Faults that happened, and when. */
  readonly fired: { readonly fault: Fault; readonly at: number; readonly hurt: string }[] = [];
  /** Ids of all heals; and heals that asked for the lease of their volume, and who had it. */
  readonly heals = new Set<string>();
  readonly refused: Refused[] = [];
  /** What heals did without the lease. */
  readonly lawless: string[] = [];
  readonly #services: Services;
  readonly #views: Views;
  readonly #answers = new Map<string, { readonly at: number; readonly output: object }>();
  #schedule: readonly Fault[] = [];
  #stopped = false;
  readonly #stale: boolean;

  /** @param counts notes what comes of each visit */
  constructor(services: Services, schedule: readonly Fault[], counts = false) {
    this.#services = services;
    this.#counts = counts;
    this.#views = new Views(services.cloud, STALE_MS);
    this.#stale = schedule.some((f) => f.kind === 'stale');
    this.#pending = schedule;
  }
  readonly #pending: readonly Fault[];
  readonly #counts: boolean;

  /** Whether EC2 did not show a snapshot when it was asked for all of them, at that moment or later. */
  leftOut({ id, completedAt = Number.POSITIVE_INFINITY }: SimSnapshot, since: number): boolean {
    const hidden = this.#views.leftOut.some((each) => each.id === id && each.at >= since);
    const stale = this.fired.some(
      ({ fault, at }) =>
        fault.kind === 'stale' && fault.point === 'ec2:DescribeSnapshots' && at >= since && completedAt > at - STALE_MS,
    );
    return hidden || stale;
  }

  /** From now on the points are counted, and the faults happen. */
  arm(): void {
    this.#schedule = this.#pending;
    this.points.clear();
    if (this.#counts) this.visits = new Visits();
  }

  /** No fault happens any more; hosts that hang wake up. */
  stop(): void {
    this.#stopped = true;
    for (const wake of this.#hanging.splice(0)) wake();
  }

  /** Faults that the healer has not come by at yet. */
  get left(): number {
    return this.#stopped ? 0 : this.#schedule.length - new Set(this.fired.map((f) => f.fault)).size;
  }

  /** Kinds of fault that are due at a point now; each is said in the log. */
  due(point: string, hurt = ''): FaultKind[] {
    if (this.#stopped) return [];
    const nth = (this.points.get(point) ?? 0) + 1;
    this.points.set(point, nth);
    const due = this.#schedule.filter((f) => f.point === point && nth >= f.nth && nth < f.nth + f.times);
    for (const fault of due) {
      const { cloud } = this.#services;
      this.fired.push({ fault, at: cloud.clock.now(), hurt });
      cloud.say('fault', `${scheduleText([{ ...fault, nth, times: 1 }])}${hurt ? ` (${hurt})` : ''}`);
    }
    return due.map((f) => f.kind);
  }

  /** Of the last visit of a point, at which something was asked: notes what came of it. */
  visited(point: string, asked: unknown): (answer: unknown) => void {
    const { visits } = this;
    const nth = this.points.get(point);
    return !visits || this.#stopped || nth === undefined
      ? () => {}
      : (answer) => visits.note(point, nth, asked, answer);
  }

  /** As {@link visited}, of what throws as well. */
  noting<T>(point: string, asked: unknown, perform: () => T): () => T {
    if (!this.visits) return perform;
    const visit = this.visited(point, asked);
    return () => {
      try {
        const answer = perform();
        visit(answer);
        return answer;
      } catch (error) {
        visit(error);
        throw error;
      }
    };
  }

  /** The next answer of a verb is shown as these faults say. */
  garble(verb: string, kinds: readonly FaultKind[]): void {
    for (const how of kinds.flatMap((kind) => SHOWN[kind] ?? []))
      this.#services.cloud.faults.garbled.push({ verb, how, times: 1 });
  }

  /** Stands between every call of a function and its effect. @param by what the names of its points begin with */
  async call(call: Call, effect: () => object, by = ''): Promise<object> {
    this.#alive();
    const life = this.lives.getStore();
    if (life) {
      life.made.calls++;
      if (life.made.healId) this.heals.add(life.made.healId);
      this.#watchLease(life.made, call);
    }
    const point = `${call.service}:${call.operation}`;
    const host = (call.input.InstanceIds as readonly string[] | undefined)?.[0] ?? '';
    const kinds = this.due(`${by}${point}`, call.operation === 'SendCommand' ? host : '');
    const perform = this.noting(`${by}${point}`, [life?.step, call.input], effect);
    const has = (kind: FaultKind) => kinds.includes(kind);
    const { clock } = this.#services.cloud;
    if (has('dieBefore')) await this.#die();
    if (has('dieLong')) await this.#die(DIE_LONG_MS);
    if (has('hang')) this.#hang(host, HANG_MS);
    if (has('hangLong')) this.#hang(host, HANG_LONG_MS);
    if (has('throttle')) throw throttled(call.service);
    if (has('denied')) throw denied(call.service);
    if (has('errorBefore')) throw serverError(call.service);
    if (has('silence')) throw silence(call.service);
    if (has('overdue')) this.#services.cloud.overdue(call, perform, OVERDUE_MS);
    if (has('overdue') || has('unsent')) await this.#unheard();
    const key = this.#stale && isRead(point) ? JSON.stringify([point, call.input]) : '';
    const before = this.#answers.get(key);
    if (has('stale') && before && clock.now() - before.at <= STALE_MS) return structuredClone(before.output);
    if (has('slow')) await clock.sleep(SLOW_MS);
    this.#alive();
    const seen = this.#watchRefusal(life?.made.healId, call, perform);
    if (has('missing')) this.#views.hide(seen);
    const output =
      has('stale') && call.operation === 'DescribeTargetHealth' ? this.#views.before(seen) : this.#views.of(call, seen);
    if (key) this.#answers.set(key, { at: clock.now(), output: structuredClone(output) });
    if (has('dieAfter')) await this.#die();
    if (has('slow')) await clock.sleep(SLOW_MS);
    if (has('lost')) await this.#unheard();
    if (has('errorAfter')) throw serverError(call.service);
    this.#alive();
    return output;
  }

  /** Stands between every call of an agent on a host and its effect. */
  async agentCall(call: Call, effect: () => object): Promise<object> {
    const { service, operation, principal } = call;
    const host = principal.agentOf ?? '';
    const kinds = this.due(`${OF_AGENTS}${service}:${operation}`, host);
    const perform = this.noting(`${OF_AGENTS}${service}:${operation}`, call.input, effect);
    const has = (kind: FaultKind) => kinds.includes(kind);
    const { cloud } = this.#services;
    if (has('throttle')) throw throttled(service);
    if (has('denied')) throw denied(service);
    if (has('errorBefore')) throw serverError(service);
    if (has('silence')) throw silence(service);
    // What is slow for it is overdue: it waits for two seconds.
    if (has('overdue') || has('slow')) cloud.overdue(call, perform, has('slow') ? SLOW_MS : OVERDUE_MS);
    if (has('overdue') || has('slow') || has('unsent')) await this.#unheard(call);
    if (has('dieBefore')) this.#kill(host);
    const output = perform();
    if (has('dieAfter')) this.#kill(host);
    if (has('lost')) await this.#unheard(call);
    if (has('errorAfter')) throw serverError(service);
    return output;
  }

  #kill(host: string): never {
    killAgent(this.#services, host);
    throw new Died();
  }

  /** The caller waits for an answer in vain. */
  async #unheard({ timeoutMs = LOST_MS }: Partial<Call> = {}): Promise<never> {
    await this.#services.cloud.clock.sleep(timeoutMs);
    throw unheard(timeoutMs);
  }

  /** A heal changes nothing in EC2 and on hosts unless the ledger says that it has the lease. */
  #watchLease({ healId }: Made, { service, operation, input }: Call): void {
    const changes = (service === 'ec2' && !isRead(`ec2:${operation}`)) || operation === 'SendCommand';
    if (!healId || !changes || /Probe/.test(String(input.DocumentName))) return;
    const { cloud, dynamodb } = this.#services;
    const held = dynamodb
      .all()
      .some((i) => i.leaseHolder?.S === healId && Number(i.leaseUntil?.N) + LEASE_SLACK_MS > cloud.clock.now());
    if (!held) this.lawless.push(`${healId}: ${operation} at ${new Date(cloud.clock.now()).toISOString()}`);
  }

  /** Notes who has the lease that a heal asks for in vain. */
  #watchRefusal(healId: string | undefined, { operation, input }: Call, perform: () => object): object {
    try {
      return perform();
    } catch (error) {
      const asks = healId && operation === 'UpdateItem' && takesLease(input.UpdateExpression);
      if (asks && (error as Error).name === 'ConditionalCheckFailedException') {
        const { pk, sk } = input.Key as Record<string, { readonly S?: string }>;
        const { cloud, dynamodb } = this.#services;
        const item = dynamodb.all().find((i) => i.pk?.S === pk?.S && i.sk?.S === sk?.S);
        this.refused.push({ healId, holder: item?.leaseHolder?.S ?? 'nobody', at: cloud.clock.now() });
      }
      throw error;
    }
  }

  #alive(): void {
    if (this.lives.getStore()?.dead) throw new Died();
  }

  /** On the real durable SDK a dead invocation learns nothing: its call never comes back. */
  async #die(restMs = 0): Promise<never> {
    const real = this.#services.cloud.lives.getStore();
    if (real) {
      real.kill();
      return new Promise(() => {});
    }
    const life = this.lives.getStore();
    if (life) Object.assign(life, { dead: true, restMs });
    throw new Died();
  }

  /** Faults at steps, for the simulated durable service: the real SDK's steps begin and end there. It takes one of them. */
  orderKill(): void {
    const fault = this.#pending.find((f) => f.point.startsWith('step:'));
    if (!fault) return;
    let passed = 0;
    this.#services.cloud.faults.kill = {
      step: fault.point.slice('step:'.length),
      at: fault.kind === 'dieAfter' ? KILL_AT.after : KILL_AT.before,
      of: () => {
        passed++;
        if (passed !== fault.nth) return false;
        this.fired.push({ fault, at: this.#services.cloud.clock.now(), hurt: '' });
        return true;
      },
    };
  }

  readonly #hanging: (() => void)[] = [];
  #hang(instanceId: string, ms: number): void {
    const { cloud, ec2 } = this.#services;
    if (ec2.instances.get(instanceId)?.state !== 'running' || cloud.faults.hung.has(instanceId)) return;
    hangInstance(this.#services, instanceId);
    const wake = () => {
      const running = ec2.instances.get(instanceId)?.state === 'running';
      if (running && cloud.faults.hung.has(instanceId)) wakeInstance(this.#services, instanceId);
      else cloud.faults.hung.delete(instanceId);
    };
    this.#hanging.push(wake);
    cloud.clock.after(ms, wake);
  }
}

/** Of DynamoDB's update expressions: `SET leaseHolder = :me`. */
function takesLease(expression: unknown): boolean {
  const [action, attribute] = String(expression).split(' ');
  return action === 'SET' && attribute === 'leaseHolder';
}

/** Memory disks whose hosts fail a verb where the schedule says so. */
export class FaultyDisks extends MemoryDisks {
  injector: Injector | undefined;

  override run(instanceId: string, run: HostRun): HostResult {
    // The host's own timer probes as well: only what a command asks for is the healer's.
    if (!this.injector || (run.verb === 'probe' && !(AGENT in run.env))) return super.run(instanceId, run);
    const kinds = this.injector.due(`host:${run.verb}`, instanceId);
    this.injector.garble(run.verb, kinds);
    const failed = { exitCode: FAILED, stdout: '', stderr: 'fault\n', realMs: 0 };
    if (kinds.includes('failBefore')) return failed;
    const volumeId = run.env[`SSM_${VERB_PARAMETER.volumeId}`] ?? '';
    if (kinds.includes('busy')) this.keepOpen(instanceId, volumeId, true);
    const result = this.injector.noting(`host:${run.verb}`, '', () => super.run(instanceId, run))();
    this.keepOpen(instanceId, volumeId, false);
    return kinds.includes('failAfter') && result.exitCode !== KILLED ? failed : result;
  }
}
