import type { Clock } from '../core/world/clock.ts';

/** The parts of an SDK client that are touched here; each client types them by its own commands. */
interface SdkClient {
  readonly config: { readonly serviceId?: string; retryStrategy: () => Promise<RetryStrategy> };
  send(...args: readonly unknown[]): Promise<unknown>;
}
interface RetryStrategy {
  acquireInitialRetryToken(scope: string): Promise<object>;
  refreshRetryTokenForRetry(token: object, error: unknown): Promise<object>;
  recordSuccess(token: object): void;
}

/**
 * A call is tried again for so long, and not longer: six tries of a service that hangs would be a minute, within which people are to
 * be notified. Throttling stays below it: five delays of 0.5 s, doubled each time, of which the SDK takes a half on average. Milliseconds.
 */
const PATIENCE_MS = 15_000;

/** Bounds how long the SDK goes on trying one call, and lets each error say which service it is of ({@link serviceOf}). */
export function withPatience<Client extends object>(made: Client, clock: Clock): Client {
  const client = made as unknown as SdkClient;
  const { config } = client;
  const original = config.retryStrategy;
  const strategy = original().then((inner) => bounded(inner, clock));
  config.retryStrategy = () => strategy;
  const send = client.send.bind(client);
  client.send = (...args) =>
    send(...args).catch((error: unknown) => {
      if (typeof error === 'object' && error !== null && config.serviceId) services.set(error, config.serviceId);
      throw error;
    });
  return made;
}

const services = new WeakMap<object, string>();

/** The service that an SDK's error is of, by its own id: `EC2`, `SSM`, `DynamoDB`; `undefined` for any other error. */
export function serviceOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? services.get(error) : undefined;
}

function bounded(inner: RetryStrategy, clock: Clock): RetryStrategy {
  const since = new WeakMap<object, number>();
  return {
    async acquireInitialRetryToken(scope) {
      const token = await inner.acquireInitialRetryToken(scope);
      since.set(token, clock.now());
      return token;
    },
    async refreshRetryTokenForRetry(token, error) {
      const begun = since.get(token) ?? clock.now();
      // The SDK then throws what the last try came to.
      if (clock.now() - begun >= PATIENCE_MS) throw new Error('no time is left for another try');
      const next = await inner.refreshRetryTokenForRetry(token, error);
      since.set(next, begun);
      return next;
    },
    recordSuccess: (token) => inner.recordSuccess(token),
  };
}
