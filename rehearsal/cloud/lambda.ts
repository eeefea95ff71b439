import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import type { Cloud, Principal } from './cloud.ts';
import { type DurableHandler, DurableService, type ExecutionEnd, lambdaContext } from './durable.ts';
import { CLIENT_SETTINGS, simulatedAws } from './sdk.ts';

/** A function as the template defines it. */
export interface FunctionDefinition {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Key of the asset in the bootstrap bucket: `<hash>.zip`. */
  readonly assetKey: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly principal: Principal;
  /** Name of the log group that Lambda writes to in the name of the function's role. */
  readonly logGroup: string;
  /** Takes an event that failed for good, where the function has a queue for them. */
  readonly deadLetters: ((event: unknown) => void) | undefined;
  /** Of the durable configuration; `undefined` for a plain function. */
  readonly executionSeconds: number | undefined;
}

interface Permission {
  readonly target: string;
  readonly principal: string;
  readonly sourceArn: string | undefined;
}

/** An asynchronous event waits this long in Lambda's queue; a failed one is tried again after one and two minutes. */
const QUEUE = { median: 60, p99: 500 };
const RETRY_AFTER_MS = [60_000, 120_000];

/** As whose call a witness is shown the answer to a custom resource's request. */
export const RESPONSES = 'cloudformation-responses';

/** Puts something else in the place of a function's bundle. @returns `undefined`: the bundle it is */
export type Substitute = (
  definition: FunctionDefinition,
  runtime: Runtime,
) => ((event: unknown) => Promise<unknown>) | undefined;

/** What CloudFormation's answer address receives. */
export type ResponseListener = (url: string, body: string) => void;

interface Bundle {
  createHandler(runtime: Runtime): unknown;
}
/** By file: the module loader would look it up on disk again in each of thousands of worlds. */
const bundles = new Map<string, Promise<Bundle>>();

function load(file: string): Promise<Bundle> {
  const bundle: Promise<Bundle> = import(pathToFileURL(file).href);
  bundles.set(file, bundle);
  return bundle;
}

/** Functions of the simulated Lambda: the very bundles that would be deployed, loaded and run in this process. */
export class Lambda {
  readonly #cloud: Cloud;
  readonly #assets: string;
  readonly #functions = new Map<string, FunctionDefinition>();
  readonly #loaded = new Map<string, Promise<(event: unknown) => Promise<unknown>>>();
  readonly #permissions: Permission[] = [];
  /** Qualified ARN (version or alias) -> ARN of the function. */
  readonly #qualified = new Map<string, string>();
  readonly #retries = new Map<string, number>();
  readonly #durable: DurableService;
  readonly #respond: ResponseListener;
  /** Asked when a function is first run. */
  substitute: Substitute | undefined;
  /** When each event reached its function, by the function's name. */
  readonly begun: { readonly name: string; readonly at: number }[] = [];
  /** Hears of the end of each invocation. */
  ended: ((functionName: string, failed: boolean) => void) | undefined;
  /** Hears of a function that begins to write its log. */
  logging: ((definition: FunctionDefinition) => void) | undefined;
  #busy = 0;

  constructor(cloud: Cloud, assets: string, respond: ResponseListener) {
    this.#cloud = cloud;
    this.#assets = assets;
    this.#durable = new DurableService(cloud);
    this.#respond = respond;
    cloud.offer('lambda', { CheckpointDurableExecution: () => ({}) });
  }

  /** Recorded steps of all durable executions, oldest first. */
  get executions(): DurableService['history'] {
    return this.#durable.history;
  }

  /** Events that are queued or being handled. */
  get busy(): number {
    return this.#busy;
  }

  define(definition: FunctionDefinition): void {
    this.#functions.set(definition.arn, definition);
  }

  /** ARN of a function, by its ARN or name. */
  arnOf(nameOrArn: string): string {
    for (const f of this.#functions.values()) if (f.name === nameOrArn || f.arn === nameOrArn) return f.arn;
    throw new Error(`the simulated Lambda has no function ${nameOrArn}`);
  }

  /** How often a failed asynchronous event is tried again, 0 to 2: said of one qualifier, and of no other. */
  retries(targetArn: string, attempts: number): void {
    this.#retries.set(targetArn, attempts);
  }

  qualify(qualifiedArn: string, functionArn: string): void {
    this.#qualified.set(qualifiedArn, functionArn);
  }

  permit(permission: Permission): void {
    this.#permissions.push(permission);
  }

  /** An asynchronous invocation by a service. It is refused where no permission in the template allows it. */
  invokeAsync(targetArn: string, event: unknown, service: string, sourceArn: string): void {
    const allowed = this.#permissions.some(
      (p) =>
        p.target === targetArn && p.principal === service && (p.sourceArn === undefined || p.sourceArn === sourceArn),
    );
    if (!allowed) {
      this.#cloud.say(
        'lambda',
        `denied: ${service} (${sourceArn}) may not invoke ${targetArn}: no AWS::Lambda::Permission allows it`,
      );
      return;
    }
    this.invoke(targetArn, event, 0);
  }

  /** Queues an event for a function, as whoever is allowed to. */
  invoke(targetArn: string, event: unknown, attempt = 0): void {
    const definition = this.#functions.get(this.#qualified.get(targetArn) ?? targetArn);
    if (!definition) throw new Error(`the simulated Lambda has no function ${targetArn}`);
    const delay = this.#cloud.random.stream(`queue ${this.#cloud.clock.now()} ${targetArn}`).delay(QUEUE);
    this.#busy++;
    this.#cloud.clock.after(delay, () =>
      this.#cloud.clock.spawn(definition.logicalId, async () => {
        try {
          const handler = await this.#load(definition);
          this.logging?.(definition);
          this.begun.push({ name: definition.name, at: this.#cloud.clock.now() });
          await handler(event);
          this.ended?.(definition.name, false);
        } catch (error) {
          this.ended?.(definition.name, true);
          this.#cloud.say(speaker(definition), `failed: ${error instanceof Error ? error.message : String(error)}`);
          const again = RETRY_AFTER_MS.slice(0, this.#retries.get(targetArn) ?? RETRY_AFTER_MS.length)[attempt];
          if (again !== undefined) this.#cloud.clock.after(again, () => this.invoke(targetArn, event, attempt + 1));
          else definition.deadLetters?.(event);
        } finally {
          this.#busy--;
        }
      }),
    );
  }

  #load(definition: FunctionDefinition): Promise<(event: unknown) => Promise<unknown>> {
    const loaded = this.#loaded.get(definition.arn) ?? this.#import(definition);
    this.#loaded.set(definition.arn, loaded);
    return loaded;
  }

  async #import(definition: FunctionDefinition): Promise<(event: unknown) => Promise<unknown>> {
    const substituted = this.substitute?.(definition, this.#runtime(definition));
    if (substituted) return substituted;
    const file = join(this.#assets, `asset.${definition.assetKey.replace(/\.zip$/, '')}`, 'index.mjs');
    if (!existsSync(file)) throw new Error(`${definition.logicalId}: the bundle ${file} is not in the cloud assembly`);
    const bundle = await (bundles.get(file) ?? load(file));
    const handler = bundle.createHandler(this.#runtime(definition));
    const { executionSeconds } = definition;
    if (executionSeconds === undefined)
      return (event) =>
        (handler as (event: unknown, context: object) => Promise<unknown>)(
          event,
          lambdaContext(definition.arn, definition.timeoutSeconds),
        );
    return async (event) => {
      const limits = { invocationSeconds: definition.timeoutSeconds, executionSeconds };
      // An execution is of a version, and its ARN begins with that: Lambda Developer Guide, "Security and permissions for durable functions".
      const end = await this.#durable.execute(
        `${definition.arn}:1`,
        definition.principal,
        handler as DurableHandler,
        event,
        limits,
      );
      const said = conclusion(end);
      if (said) this.#cloud.say(speaker(definition), said);
    };
  }

  #runtime(definition: FunctionDefinition): Runtime {
    const ids = this.#cloud.random.stream(`ids of ${definition.logicalId}`);
    return {
      clock: this.#cloud.clock,
      newId: () => ids.hex(12),
      env: definition.env,
      clients: { ...CLIENT_SETTINGS, region: this.#cloud.region },
      prepare: simulatedAws(this.#cloud, definition.principal),
      fetch: async (url, request) => {
        const body = String(request?.body);
        const input = JSON.parse(body) as Record<string, unknown>;
        this.#cloud.witness?.({ service: RESPONSES, operation: String(request?.method), input, output: {} });
        this.#respond(String(url), body);
        return new Response(null, { status: 200 });
      },
      log: (record) => this.#cloud.say(speaker(definition), JSON.stringify(record)),
    };
  }
}

/** The logical id without the hash that the CDK puts behind it. */
function speaker(definition: FunctionDefinition): string {
  return definition.logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** What an execution returned, in words where it speaks the healer's language. */
function conclusion(end: ExecutionEnd): string {
  if (end.status === 'FAILED') return `execution failed: ${end.result}`;
  const { outcome, summary } = JSON.parse(end.result) as { readonly outcome?: string; readonly summary?: string };
  // A look that found nothing to do is no news.
  if (outcome === 'nothing') return '';
  return outcome === undefined ? `execution ended: ${end.result}` : `${outcome}: ${summary}`;
}
