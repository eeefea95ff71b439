#!/usr/bin/env node
import { run } from '@stricli/core';
import { app } from './command/app.ts';
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

// Somebody who has read enough closes the pipe. The command goes on to its end: what it does is done, and its exit code says so.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
whenInterrupted(() => 'Nothing was done');
await run(app, process.argv.slice(2), { process, env: process.env, rehearsal });
// The library's own codes are below zero.
if (Number(process.exitCode) < 0) process.exitCode = EXIT.usage;
// It is over: Ctrl-C while the last lines are written changes nothing of how it ended.
whenInterrupted(
  () => '',
  () => Number(process.exitCode ?? EXIT.ok),
);
