import type { Runtime } from '../../../lambda/aws/runtime.ts';
import type { VirtualClock } from '../../time/clock.ts';
import type { Principal } from '../iam/account.ts';
import { withBytes, withoutBody, withStream } from './bodies.ts';
import type { Cloud } from './cloud.ts';

/** What calls go to: the simulated AWS of this process, or that of another one. */
export interface Wire extends Pick<Cloud, 'serializes' | 'call'> {
  readonly clock: Pick<VirtualClock, 'hold' | 'free' | 'sleep'>;
  readonly random: { stream(name: string): { next(): number } };
}

/** The parts of an SDK client that the rehearsal touches; each client types them by its own commands. */
interface SdkClient {
  readonly config: {
    readonly serviceId: string;
    readonly requestHandler: { readonly configProvider?: Promise<Timeouts> };
    retryStrategy: () => Promise<RetryStrategy>;
  };
  readonly middlewareStack: {
    add(middleware: Middleware, options: object): void;
    remove(name: string): boolean;
    resolve(handler: Handler, context: Context): Handler;
  };
  send(command: Command): Promise<object>;
}
/** Of the SDK's request handler. Milliseconds. */
interface Timeouts {
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
}
interface Command {
  readonly input: Record<string, unknown>;
  /** What the SDK knows of the operation: a mark, the namespace, the name, and more. */
  readonly schema?: readonly [number, string, string, ...unknown[]];
}
interface Context {
  readonly commandName?: string;
}
interface Args {
  readonly input: Record<string, unknown>;
  /** As it would go over the wire, where it is serialized. */
  readonly request?: { readonly protocol?: string };
}
type Handler = (args: Args) => Promise<{ output: object; response: object }>;
type Middleware = (next: Handler, context: Context) => Handler;
interface RetryToken {
  getRetryCount(): number;
}
interface RetryStrategy {
  retryBackoffStrategy?: { setDelayBase(ms: number): void; computeNextBackoffDelay(attempt: number): number };
  acquireInitialRetryToken(scope: string): Promise<RetryToken>;
  refreshRetryTokenForRetry(token: RetryToken, error: { readonly errorType: string }): Promise<RetryToken>;
  recordSuccess(token: RetryToken): void;
}

const SERVICES: Readonly<Record<string, string>> = {
  EC2: 'ec2',
  SSM: 'ssm',
  DynamoDB: 'dynamodb',
  S3: 's3',
  SNS: 'sns',
  DLM: 'dlm',
  KMS: 'kms',
  Lambda: 'lambda',
  CloudWatch: 'cloudwatch',
  CloudFormation: 'cloudformation',
  'Elastic Load Balancing v2': 'elasticloadbalancing',
};

/** What nobody sees here, and what costs most of a call's time: the signature, the user agent, the log. */
const UNSEEN = ['httpSigningMiddleware', 'getUserAgentMiddleware', 'loggerMiddleware'];
/** And the rest but for the retries, where nothing is serialized. */
const SERIALIZATION = [
  'serializerMiddleware',
  'deserializerMiddleware',
  'contentLengthMiddleware',
  'hostHeaderMiddleware',
  'recursionDetectionMiddleware',
  'httpAuthSchemeMiddleware',
];
/** What S3's client has beside that. */
const OF_S3 = [
  'validateBucketNameMiddleware',
  'regionRedirectMiddleware',
  'regionRedirectEndpointMiddleware',
  'addExpectContinueMiddleware',
  's3ExpressMiddleware',
  'bucketEndpointMiddleware',
];

/**
 * Settings of every client. What is not given here, each new client would look for in the environment and in files, which is
 * slow, and another machine's answer may be another.
 */
export const CLIENT_SETTINGS: Runtime['clients'] = {
  credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
  retryMode: 'standard',
  defaultsMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: 'simulated',
};

/**
 * Puts the simulated AWS below the SDK's own retries and serialization: a middleware in the last step before the wire.
 * The SDK decides what is retried and how often; how long it waits is virtual time and seeded chance.
 */
export function simulatedAws(cloud: Wire, principal: Principal): Runtime['prepare'] {
  const random = cloud.random.stream(`retries of ${principal.name}`);
  return (made) => {
    // The SDK types each client's stack by its own commands; the three members above are the same for all of them.
    const client = made as unknown as SdkClient;
    const service = SERVICES[client.config.serviceId];
    if (!service) throw new Error(`the simulated AWS does not know the service ${client.config.serviceId}`);
    const { clock, serializes } = cloud;
    const timeout = timeoutOf(client);
    // What the SDK does by itself (reading configuration, signing, deciding on a retry) takes no virtual time, however long it takes.
    const own: Middleware = (next) => (args) => clock.hold(() => next(args));
    const wire: Middleware = (_next, context) => {
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      return async ({ input, request }) => {
        const timeoutMs = await timeout;
        const sent = service === 's3' && serializes ? await withBytes(input) : input;
        const plain = request?.protocol === 'http:';
        const arrive = () => cloud.call(principal, service, operation, sent, { timeoutMs, plain });
        try {
          const answered = await (serializes ? clock.free(arrive) : arrive());
          const output = service === 's3' ? withStream(answered) : answered;
          return { output: { ...output, $metadata: { httpStatusCode: 200 } }, response: {} };
        } catch (error) {
          throw operation.startsWith('Head') ? withoutBody(error) : error;
        }
      };
    };
    takeOut(client, UNSEEN);
    // The retries alone wait for nothing but promises, and time does not pass before those.
    if (serializes) client.middlewareStack.add(own, { step: 'initialize', priority: 'high', name: 'simulatedAwsOwn' });
    client.middlewareStack.add(wire, { step: 'deserialize', priority: 'high', name: 'simulatedAws' });
    const original = client.config.retryStrategy;
    const strategy = original().then((inner) => virtualDelays(inner, cloud, random));
    client.config.retryStrategy = () => strategy;
    if (!serializes) shorten(client);
    return made;
  };
}

/** How long the client waits for an answer. Milliseconds. */
async function timeoutOf({ config }: SdkClient): Promise<number> {
  const { requestTimeout, throwOnRequestTimeout } = (await config.requestHandler.configProvider) ?? {};
  return throwOnRequestTimeout && requestTimeout ? requestTimeout : Number.POSITIVE_INFINITY;
}

function takeOut(client: SdkClient, names: readonly string[]): void {
  for (const name of names)
    if (!client.middlewareStack.remove(name)) throw new Error(`this SDK has no ${name} that could be taken out`);
}

/**
 * Leaves the retries and takes out everything else: serialization, endpoints, authentication schemes. Nothing below notices, and a
 * call takes a third of the time.
 */
function shorten(client: SdkClient): void {
  takeOut(client, client.config.serviceId === 'S3' ? [...SERIALIZATION, ...OF_S3] : SERIALIZATION);
  const unreachable: Handler = () => Promise.reject(new Error('a call went past the simulated AWS'));
  const handlers = new Map<string, Handler>();
  client.send = async ({ input, schema }) => {
    const operation = schema?.[2];
    if (typeof operation !== 'string') throw new Error('a command of this SDK does not say its name');
    const commandName = `${operation}Command`;
    const handler = handlers.get(commandName) ?? client.middlewareStack.resolve(unreachable, { commandName });
    handlers.set(commandName, handler);
    return (await handler({ input })).output;
  };
}

/**
 * The SDK's own strategy decides what is tried again, and how often. Its delays (full jitter up to 0.1 s, or 0.5 s when
 * throttled, doubled each time, 20 s at most) are taken in virtual time and from the seed instead.
 */
function virtualDelays(inner: RetryStrategy, cloud: Wire, random: { next(): number }): RetryStrategy {
  if (!inner.retryBackoffStrategy)
    throw new Error('the retry strategy of this SDK has no backoff that can be replaced');
  const { setTimeout } = globalThis;
  inner.retryBackoffStrategy = {
    setDelayBase: () => {},
    computeNextBackoffDelay() {
      // The strategy sets a timer with it at once: 0 would be a millisecond, which adds up to a fourth of a simulated run.
      const atOnce = (run: () => void) => {
        globalThis.setTimeout = setTimeout;
        run();
      };
      globalThis.setTimeout = atOnce as unknown as typeof setTimeout;
      return 0;
    },
  };
  return {
    acquireInitialRetryToken: (scope) => inner.acquireInitialRetryToken(scope),
    recordSuccess: (token) => inner.recordSuccess(token),
    async refreshRetryTokenForRetry(token, error) {
      const next = await inner.refreshRetryTokenForRetry(token, error);
      if (globalThis.setTimeout !== setTimeout) {
        globalThis.setTimeout = setTimeout;
        throw new Error('the retry strategy of this SDK no longer sets a timer with the delay that it computes');
      }
      const base = error.errorType === 'THROTTLING' ? 500 : 100;
      const delay = Math.floor(random.next() * Math.min(20_000, base * 2 ** next.getRetryCount()));
      await (cloud.serializes ? cloud.clock.free(() => cloud.clock.sleep(delay)) : cloud.clock.sleep(delay));
      return next;
    },
  };
}
