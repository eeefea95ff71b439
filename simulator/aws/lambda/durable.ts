import {
  type CheckpointDurableExecutionRequest,
  type DurableExecutionClient,
  DurableExecutionInvocationInputWithClient,
  type DurableExecutionInvocationOutput,
  type GetDurableExecutionStateRequest,
  type Operation,
  type OperationUpdate,
} from '@aws/durable-execution-sdk-js';
import type { Context } from 'aws-lambda';
import type { Cloud } from '../account/cloud.ts';
import { KILL_AT } from '../account/faults.ts';
import type { Principal } from '../iam/account.ts';
import { type ExecutionEvent, note } from './execution-events.ts';

/** A durable function as it is loaded: what `withDurableExecution` returns. */
export type DurableHandler = (
  input: DurableExecutionInvocationInputWithClient,
  context: Context,
) => Promise<DurableExecutionInvocationOutput>;

/** Between a checkpoint service that decides to resume an execution and the function running again (milliseconds). */
const RESUME = { median: 60, p99: 400 };
/** Between the death of an invocation and the next one. */
const REVIVE = { median: 3000, p99: 20_000 };
/** Longer than any wait that the dead one had begun: its last timers run out before. */
const REVIVE_AT_LEAST_MS = 1500;

export interface Limits {
  readonly invocationSeconds: number;
  readonly executionSeconds: number;
  /** Whether there still is the version that it runs on. */
  readonly exists: () => boolean;
  /** Of the execution. @default `execution` */
  readonly name?: string | undefined;
}

export interface ExecutionEnd {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly result: string;
}

/** One execution: from which event, what it recorded, its invocations, and how it ended, if it has. Unix milliseconds of virtual time. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly name: string;
  readonly functionArn: string;
  readonly event: unknown;
  /** What its history says of its steps and waits. */
  readonly events: ExecutionEvent[];
  /** Names of the steps that have been recorded. */
  readonly steps: string[];
  readonly startedAt: number;
  readonly lives: Life[];
  ended?: ExecutionEnd & { readonly at: number };
}

/** One invocation. Once it is dead, nothing that it had begun comes to an end: its calls do not return. */
export class Life {
  dead = false;
  /** API calls that it has made, retries included. */
  calls = 0;
  readonly end: Promise<undefined>;
  #die: (value: undefined) => void = () => {};

  constructor() {
    this.end = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  kill(): void {
    this.dead = true;
    this.#die(undefined);
  }
}

/**
 * The service behind Lambda durable functions, in virtual time: it keeps the operations of each execution, and runs the
 * function again when a wait is over or a step is to be retried. The real SDK runs against it.
 */
export class DurableService {
  readonly #cloud: Cloud;
  #count = 0;
  /** All executions, oldest first. */
  readonly history: ExecutionRecord[] = [];

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Runs one execution to its end. Must be called within an activity of the virtual clock. @param functionArn of a version */
  async execute(
    functionArn: string,
    principal: Principal,
    handler: DurableHandler,
    payload: unknown,
    limits: Limits,
  ): Promise<ExecutionEnd> {
    const { name = 'execution' } = limits;
    const startedAt = this.#cloud.clock.now();
    // <function>:<version>/durable-execution/<name>/<id>: API reference of CheckpointDurableExecution.
    const arn = `${functionArn}/durable-execution/${name}/${++this.#count}`;
    const record: ExecutionRecord = {
      arn,
      name,
      functionArn,
      event: payload,
      events: [],
      steps: [],
      startedAt,
      lives: [],
    };
    this.history.push(record);
    const end = await this.#run(record, principal, handler, limits);
    record.ended = { ...end, at: this.#cloud.clock.now() };
    return end;
  }

  async #run(
    record: ExecutionRecord,
    principal: Principal,
    handler: DurableHandler,
    limits: Limits,
  ): Promise<ExecutionEnd> {
    const { functionArn, lives } = record;
    const execution = new Execution(this.#cloud, principal, record);
    const random = this.#cloud.random.stream(`durable ${record.arn.split('/').at(-1)}`);
    const deadline = this.#cloud.clock.now() + limits.executionSeconds * 1000;
    for (;;) {
      // It goes on on the version that it began on (docs.aws.amazon.com/durable-execution/getting-started/manage-executions/); what is
      // deleted cannot be invoked, and nobody runs the rest.
      if (!limits.exists())
        return { status: 'FAILED', result: `ResourceNotFoundException: Function not found: ${functionArn}` };
      const life = new Life();
      lives.push(life);
      const invocation = this.#cloud.lives.run(life, () =>
        handler(execution.input(), lambdaContext(functionArn, limits.invocationSeconds)),
      );
      const output = await Promise.race([invocation, life.end]);
      if (output === undefined) {
        this.#cloud.say('lambda', 'an invocation died: it is run again, from the last checkpoint');
        await this.#cloud.clock.sleep(Math.max(REVIVE_AT_LEAST_MS, random.delay(REVIVE)));
        continue;
      }
      switch (output.Status) {
        case 'SUCCEEDED':
          return { status: 'SUCCEEDED', result: output.Result ?? '' };
        case 'FAILED':
          return { status: 'FAILED', result: `${output.Error.ErrorType ?? ''}: ${output.Error.ErrorMessage ?? ''}` };
        default: {
          const resumeAt = execution.resumeAt();
          if (resumeAt === undefined)
            throw new Error(`${execution.arn} is pending, but waits for nothing that the simulation knows`);
          if (resumeAt > deadline) return { status: 'FAILED', result: `timed out after ${limits.executionSeconds} s` };
          await this.#cloud.clock.sleep(Math.max(0, resumeAt - this.#cloud.clock.now()) + random.delay(RESUME));
          execution.wake();
        }
      }
    }
  }
}

/** One execution's operations, and the client that the SDK checkpoints them through. */
class Execution implements DurableExecutionClient {
  readonly arn: string;
  readonly #cloud: Cloud;
  readonly #principal: Principal;
  readonly #record: ExecutionRecord;
  readonly #operations = new Map<string, Operation>();
  /** When each waiting operation is due, in virtual time. */
  readonly #due = new Map<string, number>();
  #token = 0;

  constructor(cloud: Cloud, principal: Principal, record: ExecutionRecord) {
    this.#cloud = cloud;
    this.#principal = principal;
    this.#record = record;
    this.arn = record.arn;
    this.#operations.set('execution', {
      Id: 'execution',
      Type: 'EXECUTION',
      Status: 'STARTED',
      StartTimestamp: this.#real(cloud.clock.now()),
      ExecutionDetails: { InputPayload: JSON.stringify(record.event) },
    });
  }

  input(): DurableExecutionInvocationInputWithClient {
    const state = {
      DurableExecutionArn: this.arn,
      CheckpointToken: String(this.#token),
      InitialExecutionState: { Operations: [...this.#operations.values()] },
    };
    return new DurableExecutionInvocationInputWithClient(state, this);
  }

  /** The earliest moment at which something it waits for is over. */
  resumeAt(): number | undefined {
    return this.#due.size === 0 ? undefined : Math.min(...this.#due.values());
  }

  /** Ends the waits that are over. */
  wake(): void {
    const now = this.#cloud.clock.now();
    for (const [id, due] of this.#due) {
      const operation = this.#operations.get(id);
      if (due > now || !operation) continue;
      this.#due.delete(id);
      operation.Status = operation.Type === 'WAIT' ? 'SUCCEEDED' : 'READY';
    }
  }

  async getExecutionState(request: GetDurableExecutionStateRequest): Promise<{ Operations: Operation[] }> {
    this.#cloud.authorize(this.#principal, 'lambda', 'GetDurableExecutionState', { DurableExecutionArn: this.arn });
    const output = { Operations: [...this.#operations.values()] };
    this.#cloud.witness?.({ service: 'lambda', operation: 'GetDurableExecutionState', input: { ...request }, output });
    return output;
  }

  async checkpoint(
    request: CheckpointDurableExecutionRequest,
  ): Promise<{ CheckpointToken: string; NewExecutionState: { Operations: Operation[] } }> {
    // The SDK waits for no checkpoint of a step's start, and runs the step beside it: were it to take virtual time, the clock could
    // run ahead of the step's own computing, by how much would depend on the machine.
    const unawaited = (request.Updates ?? []).every((u) => u.Type === 'STEP' && u.Action === 'START');
    const input = { DurableExecutionArn: this.arn };
    await this.#cloud.call(this.#principal, 'lambda', 'CheckpointDurableExecution', input, { atOnce: unawaited });
    if (request.CheckpointToken !== String(this.#token))
      throw new Error(`checkpoint with token ${request.CheckpointToken}, expected ${this.#token}`);
    if (this.#killed(request.Updates ?? [])) await new Promise(() => {});
    this.#token++;
    const changed = (request.Updates ?? []).map((update) => this.#apply(update));
    const output = { CheckpointToken: String(this.#token), NewExecutionState: { Operations: changed } };
    this.#cloud.witness?.({
      service: 'lambda',
      operation: 'CheckpointDurableExecution',
      input: { ...request },
      output,
    });
    return output;
  }

  /** Kills the invocation where a fault says so. What is recorded of a step that has had its effect is lost with it. */
  #killed(updates: readonly OperationUpdate[]): boolean {
    const { faults, lives } = this.#cloud;
    const fatal = updates.find((update) => {
      const at = update.Action === 'START' ? KILL_AT.before : update.Action === 'SUCCEED' ? KILL_AT.after : undefined;
      return update.Type === 'STEP' && at !== undefined && faults.takeKill(update.Name ?? '', at, this.#record.event);
    });
    if (!fatal) return false;
    this.#cloud.say(
      'lambda',
      `killed ${fatal.Action === 'START' ? 'before' : 'after'} the effect of step ${fatal.Name}`,
    );
    lives.getStore()?.kill();
    return true;
  }

  #apply(update: OperationUpdate): Operation {
    const id = update.Id ?? '';
    const now = this.#real(this.#cloud.clock.now());
    const operation: Operation = this.#operations.get(id) ?? {
      Id: id,
      ParentId: update.ParentId,
      Name: update.Name,
      Type: update.Type,
      SubType: update.SubType,
      StartTimestamp: now,
      Status: 'STARTED',
    };
    this.#operations.set(id, operation);
    note(this.#record.events, update, operation, this.#cloud.clock.now());
    switch (update.Action) {
      case 'START':
        operation.Status = 'STARTED';
        if (update.Type === 'STEP')
          operation.StepDetails = { ...operation.StepDetails, Attempt: operation.StepDetails?.Attempt ?? 1 };
        if (update.Type === 'WAIT') this.#waitUntil(operation, update.WaitOptions?.WaitSeconds ?? 0);
        break;
      case 'SUCCEED':
        operation.Status = 'SUCCEEDED';
        operation.EndTimestamp = now;
        if (update.Type === 'STEP') {
          operation.StepDetails = { ...operation.StepDetails, Result: update.Payload };
          this.#record.steps.push(update.Name ?? '');
        }
        if (update.Type === 'CONTEXT') operation.ContextDetails = { Result: update.Payload };
        break;
      case 'FAIL':
        operation.Status = 'FAILED';
        operation.EndTimestamp = now;
        if (update.Type === 'STEP') operation.StepDetails = { ...operation.StepDetails, Error: update.Error };
        if (update.Type === 'CONTEXT') operation.ContextDetails = { Error: update.Error };
        break;
      case 'RETRY': {
        const delay = update.StepOptions?.NextAttemptDelaySeconds ?? 1;
        operation.Status = 'PENDING';
        operation.StepDetails = {
          ...operation.StepDetails,
          Attempt: (operation.StepDetails?.Attempt ?? 1) + 1,
          NextAttemptTimestamp: this.#real(this.#dueIn(id, delay)),
          Error: update.Error,
        };
        break;
      }
      default:
        throw new Error(`the simulated durable service does not know the action ${update.Action} of ${update.Type}`);
    }
    return operation;
  }

  #waitUntil(operation: Operation, seconds: number): void {
    operation.WaitDetails = { ScheduledEndTimestamp: this.#real(this.#dueIn(operation.Id ?? '', seconds)) };
  }

  #dueIn(id: string, seconds: number): number {
    const due = this.#cloud.clock.now() + seconds * 1000;
    this.#due.set(id, due);
    return due;
  }

  /** The SDK compares timestamps with the real clock: a virtual moment is handed to it as far in the real future as it is in the virtual one. */
  #real(virtual: number): Date {
    return new Date(Date.now() + virtual - this.#cloud.clock.now());
  }
}

/** The part of Lambda's context that is read. */
export function lambdaContext(functionArn: string, seconds: number): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: functionArn.split(':')[6] ?? '',
    functionVersion: functionArn.split(':')[7] ?? '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: '512',
    awsRequestId: 'request',
    logGroupName: '',
    logStreamName: '',
    getRemainingTimeInMillis: () => seconds * 1000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
