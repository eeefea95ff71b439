/** One thread of the crew: plays the plans that it is sent, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Plan, replayCommand } from './plans.ts';
import { playPlan } from './play.ts';
import type { Answer, Briefing } from './workers.ts';

const { stacks, durable } = workerData as Briefing;
// Thousands of errors are thrown in a run, as AWS throws them, and nobody reads where they were made.
if (!process.env.DEBUG) Error.stackTraceLimit = 0;

parentPort?.on('message', async (plan: Plan) => {
  let answer: Answer;
  try {
    const { log: _log, permissions: _permissions, ...played } = await playPlan(stacks, plan, durable);
    answer = { played };
  } catch (error) {
    const text = error instanceof Error ? (process.env.DEBUG ? error.stack : error.message) : String(error);
    answer = { error: `${text}\n${replayCommand(plan)}` };
  }
  parentPort?.postMessage(answer);
});
