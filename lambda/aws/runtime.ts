import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import type { Clock } from '../core/world/clock.ts';

/** The few settings of an SDK client that a function leaves at AWS's defaults and a rehearsal sets. */
export type ClientSettings = Pick<
  EC2ClientConfig,
  | 'region'
  | 'credentials'
  | 'retryStrategy'
  | 'retryMode'
  | 'defaultsMode'
  | 'useDualstackEndpoint'
  | 'useFipsEndpoint'
  | 'userAgentAppId'
>;

/**
 * Everything a function takes from outside: time, chance, environment, AWS, HTTP. The handlers are built from it, so that
 * a rehearsal runs the very same code with a virtual clock and a simulated AWS below the SDK's own retries.
 */
export interface Runtime {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clients: ClientSettings;
  /** Sees every SDK client once, when it is made: where a rehearsal puts itself below the SDK's retries. */
  readonly prepare: <Client extends object>(client: Client) => Client;
  readonly fetch: typeof fetch;
  /** One line of the function's log. */
  readonly log: (record: Readonly<Record<string, unknown>>) => void;
}

/** The runtime of a deployed function. */
export const lambdaRuntime: Runtime = {
  clock: { now: () => Date.now(), sleep: (ms) => setTimeout(ms) },
  newId: () => randomUUID(),
  env: process.env,
  clients: {},
  prepare: (client) => client,
  fetch: (...request) => fetch(...request),
  log: (record) => console.log(JSON.stringify(record)),
};

/** @throws Error naming the key when it is not set: a function deployed without it cannot work at all. */
export function required(env: Runtime['env'], key: string): string {
  const value = env[key];
  if (!value) throw new Error(`environment key ${key} is not set; allowed: a non-empty text`);
  return value;
}
