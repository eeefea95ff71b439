import { createServer } from 'node:net';
import type { Python } from './python.ts';
import { guarded, lastLines } from './run.ts';

/** An emulator of AWS that runs on this machine alone. */
export interface Emulator {
  readonly name: string;
  /** With the version. */
  readonly of: string;
  readonly url: string;
  /** What it has printed so far. */
  printed(): string;
  stop(): Promise<void>;
}

/** However long whatever uses it takes: then it ends by itself. */
const LIFE_SECONDS = 3600;
const START_SECONDS = 300;
const LOOK_MS = 200;

/** @throws Error when it does not answer in time */
export async function moto(python: Python): Promise<Emulator> {
  const port = await freePort();
  const command = [python.program('moto_server'), '-H', '127.0.0.1', '-p', String(port)];
  return start('moto', `moto ${python.version('moto')}`, port, command, {});
}

/** @param directory for what it stores. @throws Error when it does not answer in time */
export async function ministack(python: Python, directory: string): Promise<Emulator> {
  const port = await freePort();
  return start('MiniStack', `MiniStack ${python.version('ministack')}`, port, [python.program('ministack')], {
    // Without it, it listens on every interface.
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: 'eu-west-1',
    S3_DATA_DIR: `${directory}/s3`,
    TMPDIR: directory,
    DOCKER_HOST: 'unix:///nonexistent',
  });
}

async function start(
  name: string,
  of: string,
  port: number,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Emulator> {
  const child = guarded(command, { seconds: LIFE_SECONDS, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-200_000);
    });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    const over = () => {
      ended = true;
      resolve();
    };
    child.once('close', over);
    child.once('error', over);
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    // The guard ends it, and whatever it started.
    child.stdin?.end();
    await end;
  };
  const deadline = Date.now() + START_SECONDS * 1000;
  while (!ended && Date.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    if (answer) return { name, of, url, printed: () => text, stop };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await stop();
  throw new Error(`${of} did not start within ${START_SECONDS} s: ${lastLines({ stdout: text, stderr: '' })}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
