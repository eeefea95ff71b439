import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import * as z from 'zod/mini';

/** What a running writer or follower is asked, a line of JSON; it answers with one. */
const REQUEST = z.union([
  z.object({ ask: z.enum(['status', 'stop']) }),
  z.object({ ask: z.literal('flush'), deadlineMs: z.int().check(z.positive()) }),
]);
export type Request = z.output<typeof REQUEST>;
const ANSWER = z.record(z.string(), z.nullable(z.union([z.string(), z.number(), z.boolean()])));
export type Answer = z.output<typeof ANSWER>;

/** Characters: a request is short. */
const LONGEST = 10_000;

/** Answers on a socket that root alone may open. One that was left behind is replaced. */
export async function listen(path: string, answer: (request: Request) => Promise<Answer>): Promise<Server> {
  await rm(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    lineOf(socket)
      .then(async (line) => {
        const request = z.parse(REQUEST, JSON.parse(line));
        socket.end(`${JSON.stringify(await answer(request))}\n`);
      })
      .catch((error: Error) => socket.end(`${JSON.stringify({ error: error.message })}\n`));
  });
  const mask = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  return server;
}

/** @returns `undefined` where nobody listens @throws Error where no answer comes in time */
export async function ask(path: string, request: Request, withinMs: number): Promise<Answer | undefined> {
  const socket = createConnection(path);
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.write(`${JSON.stringify(request)}\n`);
    return z.parse(ANSWER, JSON.parse(await lineOf(socket)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function lineOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
    if (text.length > LONGEST) break;
  }
  throw new Error('no line came');
}
