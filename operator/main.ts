#!/usr/bin/env node
import { whenInterrupted } from './command/interrupt.ts';
import type { Place } from './connect.ts';
import { EXIT, type Failed } from './exit.ts';

/** The simulated AWS that `npm run rehearse -- --hold` keeps; only a clone of the repository has one. */
async function rehearsal(): Promise<Place> {
  const wrong = (message: string) =>
    Object.assign(new Error(message), { exitCode: EXIT.usage } satisfies Partial<Failed>);
  const read = await import('../simulator/held/read.ts').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_MODULE_NOT_FOUND'
      ? wrong('--rehearsal: only a clone of the repository has rehearsals')
      : error;
  });
  const held = read.readHeld();
  if (!held) throw wrong('--rehearsal: none is held; start one: npm run rehearse -- --hold');
  const { heldRuntime } = await import('../simulator/held/client.ts');
  return { stack: held.stackName, region: held.region, runtime: heldRuntime(held) };
}

/** Why what was found is not where it was to go, such as a disk that is full. */
let unwritten: string | undefined;
// Somebody who has read enough closes the pipe. The command goes on to its end: what it does is done, and its exit code says so.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') unwritten ??= error.message;
});
// A stream says so a moment after it was written to.
process.once('exit', () => {
  if (unwritten === undefined) return;
  process.stderr.write(`could not write what there is to say: ${unwritten}\n`);
  process.exitCode = EXIT.unasked;
});
// Whoever cannot be told is not.
process.stderr.on('error', () => {});
// Before all that takes a while to load.
whenInterrupted(() => 'Nothing was done');
const { run } = await import('@stricli/core');
const { app } = await import('./command/app.ts');
await run(app, process.argv.slice(2), { process, env: process.env, rehearsal });
// The library's own codes are below zero.
if (Number(process.exitCode) < 0) process.exitCode = EXIT.usage;
// It is over: Ctrl-C while the last lines are written changes nothing of how it ended.
whenInterrupted(
  () => '',
  () => Number(process.exitCode ?? EXIT.ok),
);
