import { AsyncLocalStorage } from 'node:async_hooks';
import type { Disks } from '../../disks/disks.ts';
import type { VirtualClock } from '../../time/clock.ts';
import type { Random } from '../../time/random.ts';
import type { Principal } from '../iam/account.ts';
import { type AuthorizationRequest, evaluate } from '../iam/iam.ts';
import { Keys } from '../iam/kms.ts';
import { PermissionLedger } from '../iam/permission-ledger.ts';
import { authorization } from '../iam/resources.ts';
import { LazyLoading } from '../storage/lazy-loading.ts';
import type { Call, Manner } from './call.ts';
import { Faults } from './faults.ts';
import type { Event, Happening } from './happening.ts';
import { type MishapOrder, suffer } from './mishaps.ts';
import { ServiceError } from './service-error.ts';
import { Throttle } from './throttle.ts';

export interface CallRecord {
  readonly at: number;
  readonly principal: string;
  readonly service: string;
  readonly operation: string;
  /** It asks for a further page of a list. */
  readonly furtherPage: boolean;
  /** `ok`, or the code of the error. */
  readonly result: string;
  /** There and back; `at` is halfway. Milliseconds. */
  readonly tookMs: number;
}

/** One operation of a service: takes the command's input, has its effect at once, and gives the command's output. */
export type Operation = (input: Readonly<Record<string, unknown>>, principal: Principal, call: Call) => object;

/** Milliseconds an API takes to answer, by service. EC2's and SSM's are slow, DynamoDB's is not. */
const LATENCY: Readonly<Record<string, { readonly median: number; readonly p99: number }>> = {
  ec2: { median: 180, p99: 900 },
  ssm: { median: 90, p99: 400 },
  dynamodb: { median: 8, p99: 40 },
  sns: { median: 30, p99: 150 },
  lambda: { median: 15, p99: 80 },
  // "Roughly 100-200 milliseconds": docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
  s3: { median: 120, p99: 400 },
  dlm: { median: 120, p99: 600 },
  kms: { median: 10, p99: 60 },
  cloudwatch: { median: 40, p99: 200 },
  cloudformation: { median: 120, p99: 600 },
  elasticloadbalancing: { median: 60, p99: 300 },
};

/** What services call a denial that do not call it AccessDeniedException. CloudFormation's: github.com/aws/aws-parallelcluster/pull/754 */
const DENIED: Readonly<Record<string, string>> = {
  ec2: 'UnauthorizedOperation',
  sns: 'AuthorizationErrorException',
  s3: 'AccessDenied',
  cloudformation: 'AccessDenied',
};

/** One call, and what was answered: the output, or the code of an error that AWS sent. What was lost on its way is no answer. */
export interface Exchange {
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output?: object;
  readonly error?: string;
}

/** What the rest of the simulated AWS knows of a resource when it judges a call. */
export interface TagIndex {
  tagsOf(resourceId: string): Readonly<Record<string, string>>;
}

/** One for all worlds: see `clock.ts`. */
const LIVES = new AsyncLocalStorage<{ readonly dead: boolean; calls: number; kill(): void }>();

/** What all simulated services share: time, chance, identity, the log, and the way every call goes. */
export class Cloud {
  readonly partition = 'aws';
  readonly account = '111122223333';
  readonly region: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly disks: Disks;
  /** Whether calls go through all of the SDK, or through its retries alone. */
  readonly serializes: boolean;
  readonly faults = new Faults();
  readonly loading: LazyLoading;
  /** Names of the stacks that were created, or are being. */
  readonly stacks: string[] = [];
  /** Physical ids and ARNs of what CloudFormation has deleted: rules, alarms, groups and schedules that do nothing any more. */
  readonly deleted = new Set<string>();
  /** ARNs of what it has retained of stacks that are gone: a later stack's roles may not use it. */
  readonly retained = new Set<string>();
  /** Which invocation of a function a call belongs to; one that died makes no more of them. */
  readonly lives = LIVES;
  /** Stands between a call that has arrived and its effect: the fault simulation does harm there. */
  intercept: ((call: Call, perform: () => object) => Promise<object>) | undefined;
  /** Is shown every call that was answered, as it was answered. */
  witness: ((exchange: Exchange) => void) | undefined;
  readonly log: Happening[] = [];
  readonly calls: CallRecord[] = [];
  /** Table -> its partition key, for conditions on `dynamodb:LeadingKeys`. */
  readonly partitionKeys = new Map<string, string>();
  /** ARN of a managed policy of a stack -> whoever has it attached, and nothing else. */
  readonly policies = new Map<string, Principal>();
  /** Keys of KMS, with who may use them. */
  readonly keys = new Keys();
  /** Which statement allowed what, and what was denied. */
  readonly permissions = new PermissionLedger();
  readonly #operations = new Map<string, Operation>();
  readonly #judges = new Map<string, (call: Call) => void>();
  readonly #underway = new Set<Call>();
  /** Of them, those that go on by themselves: their callers have given up. */
  readonly #overdue = new Set<Call>();
  readonly #tagIndexes: TagIndex[] = [];
  readonly #throttle = new Throttle();
  readonly #latency: Random;
  readonly #listeners: ((happening: Happening) => void)[] = [];

  constructor(options: {
    readonly region: string;
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly disks: Disks;
    readonly serializes?: boolean;
  }) {
    this.region = options.region;
    this.clock = options.clock;
    this.random = options.random;
    this.disks = options.disks;
    this.serializes = options.serializes ?? true;
    this.#latency = options.random.stream('latency');
    this.loading = new LazyLoading(options.clock, options.random, options.disks);
  }

  /** @param event what the line says, where somebody may look for it */
  say(who: string, what: string, event?: Event): void {
    const happening = { at: this.clock.now(), who, what, ...(event && { event }) };
    this.log.push(happening);
    for (const listener of this.#listeners) listener(happening);
  }

  listen(listener: (happening: Happening) => void): void {
    this.#listeners.push(listener);
  }

  /** Makes operations of a service known, by their command's name without `Command`. */
  offer(service: string, operations: Readonly<Record<string, Operation>>): void {
    for (const [name, operation] of Object.entries(operations)) this.#operations.set(`${service}.${name}`, operation);
  }

  /** Who may call a service is judged by more than its caller's policies. @param judge throws ServiceError where a call may not be */
  judge(service: string, judge: (call: Call) => void): void {
    this.#judges.set(service, judge);
  }

  /** Calls that were sent, and have had no effect yet. */
  get underway(): Iterable<Call> {
    return this.#underway;
  }

  /** The call has its effect then, whoever still waits for it. What it is answered nobody hears. */
  overdue(call: Call, perform: () => object, ms: number): void {
    this.#overdue.add(call);
    this.clock.after(ms, () => {
      this.#overdue.delete(call);
      try {
        perform();
      } catch (error) {
        // What the simulation does not know has ended the rehearsal already.
        this.say(call.service, `${call.operation} lands late: ${(error as Error).name}`);
        return;
      } finally {
        this.#underway.delete(call);
      }
      this.say(call.service, `${call.operation} lands late`);
    });
  }

  index(tags: TagIndex): void {
    this.#tagIndexes.push(tags);
  }

  /**
   * One API call from end to end: it travels, is throttled, authorized, has its effect, and travels back.
   * @throws ServiceError as AWS would send it; Error for an operation that the simulation does not know
   */
  async call(
    principal: Principal,
    service: string,
    operation: string,
    input: Readonly<Record<string, unknown>>,
    { atOnce = false, timeoutMs, plain }: Manner = {},
  ): Promise<object> {
    const shape = LATENCY[service];
    const known = this.#operations.get(`${service}.${operation}`);
    if (!known || !shape) throw new Error(`the simulated AWS does not know ${service} ${operation}`);
    const latency = atOnce ? 0 : this.#latency.delay(shape);
    const call: Call = { principal, service, operation, input, sentAt: this.clock.now(), timeoutMs, plain };
    this.#underway.add(call);
    if (!atOnce) await this.clock.sleep(Math.ceil(latency / 2));
    const life = this.lives.getStore();
    if (life?.dead) {
      this.#underway.delete(call);
      await new Promise(() => {});
    }
    // Checkpoints are the SDK's own.
    if (life && service !== 'lambda') life.calls++;
    let result = 'ok';
    const perform = () => {
      this.#underway.delete(call);
      if (
        service === 'ec2' &&
        (this.faults.throttledUntil > this.clock.now() || !this.#throttle.take(operation, this.clock.now()))
      ) {
        throw new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);
      }
      const judge = this.#judges.get(service);
      if (judge) judge(call);
      else this.authorize(principal, service, operation, input);
      try {
        return known(input, principal, call);
      } catch (error) {
        // Not an answer of AWS: something that the simulation does not know. The caller must not take it for one.
        if (!(error instanceof ServiceError)) this.clock.fail(error);
        throw error;
      }
    };
    const outage = this.faults.outages.suffer(service, this.clock.now(), timeoutMs);
    if (outage) await this.clock.sleep(outage.ms);
    try {
      if (service === 'dynamodb' && this.faults.outages.withoutTableKey(this.clock.now()))
        throw new ServiceError('InternalServerError', 'The key service does not answer.', 500);
      if (outage?.error) throw outage.error;
      const arrive = () => (this.intercept ? this.intercept(call, perform) : perform());
      const mishap = this.faults.mishaps.take(call);
      const output = await (mishap ? this.#mishap(mishap, call, arrive, perform) : arrive());
      // The durable service answers a checkpoint after this, and shows it itself.
      if (service !== 'lambda') this.witness?.({ service, operation, input, output });
      return output;
    } catch (error) {
      result = codeOf(error);
      if (error instanceof ServiceError) this.witness?.({ service, operation, input, error: result });
      throw error;
    } finally {
      if (!this.#overdue.has(call)) this.#underway.delete(call);
      const furtherPage = input.NextToken !== undefined;
      this.calls.push({
        ...{ at: this.clock.now(), principal: principal.name, service, operation },
        ...{ furtherPage, result, tookMs: latency },
      });
      if (!atOnce) await this.clock.sleep(Math.floor(latency / 2));
    }
  }

  #mishap(
    order: MishapOrder,
    call: Call,
    arrive: () => Promise<object> | object,
    perform: () => object,
  ): Promise<object> {
    this.say('fault', `${call.service} ${call.operation}: ${order.how}`);
    return suffer(order, call, {
      sleep: (ms) => this.clock.sleep(ms),
      arrive,
      later: (ms) => this.overdue(call, perform, ms),
      lose: () => this.#underway.delete(call),
    });
  }

  /** What a call must be allowed. @throws Error as `authorization` does */
  authorizations(service: string, operation: string, input: Readonly<Record<string, unknown>>): AuthorizationRequest[] {
    const tagsOf = (id: string) => {
      for (const index of this.#tagIndexes) {
        const tags = index.tagsOf(id);
        if (Object.keys(tags).length > 0) return tags;
      }
      return {};
    };
    const { account, region, partition } = this;
    const partitionKeyOf = (table: string) => this.partitionKeys.get(table);
    return authorization(service, operation, input, { account, region, partition, tagsOf, partitionKeyOf });
  }

  /** @throws ServiceError as the service sends it when the role does not allow the call; the log names what is missing. */
  authorize(principal: Principal, service: string, operation: string, input: Readonly<Record<string, unknown>>): void {
    for (const request of this.authorizations(service, operation, input)) {
      const verdict = evaluate(request, principal.statements());
      if (verdict.allowed) {
        this.permissions.allowed(principal.name, request.action, verdict.by, this.clock.now());
        continue;
      }
      this.permissions.denied({ role: principal.name, ...request, missing: verdict.missing });
      this.say('iam', `denied: ${principal.name} may not ${request.action}: ${verdict.missing}`);
      throw new ServiceError(
        DENIED[service] ?? 'AccessDeniedException',
        `${principal.name} is not authorized to perform: ${request.action} on ${request.resources.join(', ')}`,
        403,
      );
    }
  }
}

/** AWS's code of an error, or Node's of one that never got there. */
function codeOf(error: unknown): string {
  const { code, name = 'Error' } = (error ?? {}) as { readonly code?: string; readonly name?: string };
  return code ?? name;
}
