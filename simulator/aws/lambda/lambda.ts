import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Runtime } from '../../../lambda/aws/runtime.ts';
import type { Cloud } from '../account/cloud.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../account/sdk.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { type DurableHandler, DurableService, type ExecutionEnd, lambdaContext } from './durable.ts';
import { invocations } from './invocations.ts';

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

/** @param name of the execution, where whoever invokes it gives one */
type Loaded = (event: unknown, name?: string) => Promise<unknown>;

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
  readonly #loaded = new Map<string, Promise<Loaded>>();
  readonly #permissions: Permission[] = [];
  /** By its ARN: the function as it was when it was published. */
  readonly #versions = new Map<string, FunctionDefinition>();
  /** ARN of an alias -> that of its version. */
  readonly #aliases = new Map<string, string>();
  /** By the function's ARN: numbers are never given twice. */
  readonly #published = new Map<string, number>();
  readonly #retries = new Map<string, number>();
  readonly #durable: DurableService;
  readonly #respond: ResponseListener;
  /** Asked when a function is first run. */
  substitute: Substitute | undefined;
  /** When each event reached its function, by the function's name. */
  readonly begun: { readonly name: string; readonly at: number }[] = [];
  /** What was asked for through the API, and when. */
  readonly asked: { readonly at: number; readonly event: unknown }[] = [];
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
    cloud.offer('lambda', { CheckpointDurableExecution: () => ({}), ...invocations(cloud, this) });
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
    // Lambda runs a changed function in new environments, also where only its variables have changed.
    this.#loaded.delete(`${definition.arn}:${definition.assetKey}`);
    this.#functions.set(definition.arn, definition);
  }

  /** ARN of a function, by its ARN or name. */
  arnOf(nameOrArn: string): string {
    for (const f of this.#functions.values()) if (f.name === nameOrArn || f.arn === nameOrArn) return f.arn;
    throw new Error(`the simulated Lambda has no function ${nameOrArn}`);
  }

  /** Whether there is a function, a version or an alias with this ARN. */
  has(arn: string): boolean {
    return this.#functions.has(arn) || this.#versions.has(arn) || this.#aliases.has(arn);
  }

  /** How often a failed asynchronous event is tried again, 0 to 2: said of one qualifier, and of no other. */
  retries(targetArn: string, attempts: number): void {
    this.#retries.set(targetArn, attempts);
  }

  /** @returns the number of the version */
  publish(functionArn: string): number {
    const number = (this.#published.get(functionArn) ?? 0) + 1;
    this.#published.set(functionArn, number);
    this.#versions.set(`${functionArn}:${number}`, this.#function(functionArn));
    return number;
  }

  /** Points an alias at a version: a new one, or one that was made before. */
  alias(aliasArn: string, versionArn: string): void {
    if (!this.#versions.has(versionArn)) throw new Error(`the simulated Lambda has no version ${versionArn}`);
    this.#aliases.set(aliasArn, versionArn);
  }

  /** Source: API reference, DeleteFunction: "You can't delete a version that an alias references." @throws ServiceError */
  deleteVersion(versionArn: string): void {
    const by = [...this.#aliases].filter(([, version]) => version === versionArn).map(([alias]) => alias);
    if (by.length > 0)
      throw new ServiceError(
        'ResourceConflictException',
        `Unable to delete version, for ${by.join(', ')} refers to it`,
      );
    this.#versions.delete(versionArn);
    this.#cloud.say('lambda', `version ${versionArn.split(':').slice(-2).join(':')} is deleted`);
  }

  unalias(aliasArn: string): void {
    this.#aliases.delete(aliasArn);
  }

  /** With all of its versions and aliases. */
  deleteFunction(functionArn: string): void {
    for (const map of [this.#functions, this.#versions, this.#aliases, this.#loaded])
      for (const arn of map.keys()) if (arn === functionArn || arn.startsWith(`${functionArn}:`)) map.delete(arn);
  }

  versionsOf(functionArn: string): string[] {
    return [...this.#versions.keys()].filter((arn) => arn.startsWith(`${functionArn}:`));
  }

  #function(arn: string): FunctionDefinition {
    const found = this.#functions.get(arn) ?? this.#versions.get(this.#aliases.get(arn) ?? arn);
    if (!found) throw new Error(`the simulated Lambda has no function ${arn}`);
    return found;
  }

  permit(permission: Permission): void {
    this.#permissions.push(permission);
  }

  /** An asynchronous invocation by a service. @returns why it is refused: where no permission in the template allows it */
  invokeAsync(targetArn: string, event: unknown, service: string, sourceArn: string): string | undefined {
    const allowed = this.#permissions.some(
      (p) =>
        p.target === targetArn && p.principal === service && (p.sourceArn === undefined || p.sourceArn === sourceArn),
    );
    if (!allowed) {
      const why = `${service} (${sourceArn}) may not invoke ${targetArn}: no AWS::Lambda::Permission allows it`;
      this.#cloud.say('lambda', `denied: ${why}`);
      return why;
    }
    this.invoke(targetArn, event, 0);
    return undefined;
  }

  /** Queues an event for a function, as whoever is allowed to. */
  invoke(targetArn: string, event: unknown, attempt = 0, name?: string): void {
    const definition = this.#function(targetArn);
    const delay = this.#cloud.random.stream(`queue ${this.#cloud.clock.now()} ${targetArn}`).delay(QUEUE);
    this.#busy++;
    this.#cloud.clock.after(delay, () =>
      this.#cloud.clock.spawn(definition.logicalId, async () => {
        try {
          // An alias is looked up when the event leaves the queue.
          const handler = await this.#load(this.#aliases.get(targetArn) ?? targetArn);
          this.logging?.(definition);
          this.begun.push({ name: definition.name, at: this.#cloud.clock.now() });
          await handler(event, name);
          this.ended?.(definition.name, false);
        } catch (error) {
          this.ended?.(definition.name, true);
          this.#cloud.say(speaker(definition), `failed: ${error instanceof Error ? error.message : String(error)}`);
          const again = RETRY_AFTER_MS.slice(0, this.#retries.get(targetArn) ?? RETRY_AFTER_MS.length)[attempt];
          if (again !== undefined)
            this.#cloud.clock.after(again, () => this.invoke(targetArn, event, attempt + 1, name));
          else definition.deadLetters?.(event);
        } finally {
          this.#busy--;
        }
      }),
    );
  }

  /** Runs a plain function for an event source, which waits for it. @throws what the function throws */
  async invokeSync(targetArn: string, event: unknown): Promise<void> {
    const definition = this.#function(targetArn);
    if (definition.executionSeconds !== undefined)
      throw new Error(`${definition.logicalId}: the simulation knows no durable function behind an event source`);
    this.#busy++;
    try {
      const handler = await this.#load(this.#aliases.get(targetArn) ?? targetArn);
      this.logging?.(definition);
      this.begun.push({ name: definition.name, at: this.#cloud.clock.now() });
      await handler(event);
      this.ended?.(definition.name, false);
    } catch (error) {
      this.ended?.(definition.name, true);
      this.#cloud.say(speaker(definition), `failed: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      this.#busy--;
    }
  }

  /** In whose name a function runs. */
  roleOf(targetArn: string): Principal {
    return this.#function(targetArn).principal;
  }

  /** @param arn of a version, or of the function for what is not published */
  #load(arn: string): Promise<Loaded> {
    const definition = this.#function(arn);
    const key = this.#versions.has(arn) ? arn : `${arn}:${definition.assetKey}`;
    const loaded = this.#loaded.get(key) ?? this.#import(definition, arn);
    this.#loaded.set(key, loaded);
    return loaded;
  }

  async #import(definition: FunctionDefinition, arn: string): Promise<Loaded> {
    const substituted = this.substitute?.(definition, this.#runtime(definition, arn));
    if (substituted) return substituted;
    const file = join(this.#assets, `asset.${definition.assetKey.replace(/\.zip$/, '')}`, 'index.mjs');
    if (!existsSync(file)) throw new Error(`${definition.logicalId}: the bundle ${file} is not in the cloud assembly`);
    const bundle = await (bundles.get(file) ?? load(file));
    const handler = bundle.createHandler(this.#runtime(definition, arn));
    const { executionSeconds } = definition;
    if (executionSeconds === undefined)
      return (event) =>
        (handler as (event: unknown, context: object) => Promise<unknown>)(
          event,
          lambdaContext(definition.arn, definition.timeoutSeconds),
        );
    return async (event, name) => {
      const exists = () => this.#versions.has(arn) || this.#functions.has(arn);
      const limits = { invocationSeconds: definition.timeoutSeconds, executionSeconds, exists, name };
      // An execution is of a version, and its ARN begins with that: Lambda Developer Guide, "Security and permissions for durable functions".
      const end = await this.#durable.execute(
        this.#versions.has(arn) ? arn : `${arn}:$LATEST`,
        definition.principal,
        handler as DurableHandler,
        event,
        limits,
      );
      // One that has failed is not run again, and what started it goes to the queue:
      // docs.aws.amazon.com/lambda/latest/dg/durable-best-practices.html, "Error handling".
      if (end.status === 'FAILED') definition.deadLetters?.(event);
      const said = conclusion(end);
      if (said) this.#cloud.say(speaker(definition), said);
    };
  }

  #runtime(definition: FunctionDefinition, arn: string): Runtime {
    // Each version makes up ids of its own; the first, and what is not published, as ever.
    const version = /:(\d+)$/.exec(arn)?.[1] ?? '1';
    const ids = this.#cloud.random.stream(`ids of ${definition.logicalId}${version === '1' ? '' : `:${version}`}`);
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
