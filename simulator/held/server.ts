import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cloud } from '../aws/account/cloud.ts';
import { ServiceError } from '../aws/account/service-error.ts';
import type { Principal } from '../aws/iam/account.ts';
import { readStatements } from '../aws/iam/iam.ts';
import { type Answer, type Held, type HeldAs, pack, type Request, unpack } from './protocol.ts';

const ALL = readStatements(
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  'administrator',
);
/** Who brings about what no command can. */
const ADMINISTRATOR: Principal = { name: 'administrator', statements: () => ALL };
/** A part of an upload is 8 MiB. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A simulated AWS that stays there: virtual time passes as real time does, and while a call waits for it. */
export class HeldCloud {
  readonly #cloud: Cloud;
  readonly #people: Readonly<Record<HeldAs, Principal>>;
  readonly #token = randomBytes(16).toString('hex');
  readonly #server: Server;
  /** Real milliseconds that virtual time has passed for. */
  #passedAt = performance.now();
  /** One request after the other: the clock runs for one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(cloud: Cloud, people: Readonly<Record<Exclude<HeldAs, 'administrator'>, Principal>>) {
    this.#cloud = cloud;
    this.#people = { ...people, administrator: ADMINISTRATOR };
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Never by itself: who asks again just when a connection is closed would think that nobody is there.
    this.#server.keepAliveTimeout = 0;
  }

  /** Listens on 127.0.0.1, on a port that is free. */
  async open(stackName: string): Promise<Held> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return { port, token: this.#token, stackName, region: this.#cloud.region };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.headers.authorization !== `Bearer ${this.#token}`) {
        response.writeHead(403).end();
        return;
      }
      const asked = unpack<Request>(await bodyOf(request));
      const answer = this.#turn.then(() => this.#answer(asked));
      this.#turn = answer.catch(() => {});
      const answered = pack(await answer);
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answered);
    } catch (error) {
      // Something that the simulation does not know: it says so, and goes on.
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end((error as Error).message);
    }
  }

  async #answer(request: Request): Promise<Answer> {
    const { clock } = this.#cloud;
    const real = performance.now();
    await clock.run(clock.now() + Math.max(0, Math.round(real - this.#passedAt)));
    this.#passedAt = real;
    if (request.kind === 'sleep') {
      await clock.run(clock.now() + request.ms);
      return { now: clock.now(), output: {} };
    }
    let ended: { readonly output: object } | { readonly error: unknown } | undefined;
    const { as, service, operation, input, timeoutMs } = request;
    clock.spawn('operator', async () => {
      ended = await this.#cloud.call(this.#people[as], service, operation, input, { timeoutMs }).then(
        (output) => ({ output }),
        (error: unknown) => ({ error }),
      );
    });
    await clock.run(Number.MAX_SAFE_INTEGER, () => ended !== undefined);
    const now = clock.now();
    if (!ended || 'output' in ended) return { now, output: ended?.output ?? {} };
    if (!(ended.error instanceof ServiceError)) throw ended.error;
    const { name, message, $metadata } = ended.error;
    return { now, error: { name, message, status: $metadata.httpStatusCode } };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`a request of more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
