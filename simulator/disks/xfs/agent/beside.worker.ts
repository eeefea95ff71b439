/**
 * What goes on while a rehearsal waits for a process of a host to end: S3, and questions on a socket. A thread with an event loop of its own; it ends with
 * the rehearsal.
 */
import { createConnection } from 'node:net';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { Answers, Question } from './beside.ts';
import { HttpS3 } from './http-s3.ts';

const { port, asked } = workerData as { readonly port: MessagePort; readonly asked: Int32Array };
const s3 = new HttpS3();
const endpoint = await s3.listen();

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  if ('endpoint' in question) return endpoint;
  if ('state' in question) {
    s3.state = question.state;
    return null;
  }
  if ('written' in question) return s3.written();
  if ('gone' in question) {
    for (const path of question.gone) s3.objects.delete(path);
    return null;
  }
  if ('uploads' in question) {
    s3.uploads.give(question.bucket, question.uploads);
    return null;
  }
  if ('idle' in question) return s3.uploads.idle(question.bucket, question.idle, question.looks, question.withinMs);
  if ('acts' in question) return s3.uploads.acts();
  return ask(question.socket, question.line, question.withinMs);
}

/** @returns the line that was answered; `null`: nobody listens, or whoever did has ended */
async function ask(path: string, line: string, withinMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(path);
    const timer = setTimeout(() => socket.destroy(), withinMs);
    socket.on('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text.endsWith('\n') ? text : null);
    });
  });
}

port.on('message', async (question: Question) => {
  port.postMessage(await answer(question));
  Atomics.store(asked, 0, 1);
  Atomics.notify(asked, 0);
});
