import { Worker } from 'node:worker_threads';
import type { Outcome, Plan, Player } from './plans.ts';
import type { Ground } from './play.ts';

/** What a thread is given when it begins: structured clones, so what stacks share they share there as well. */
export interface Briefing {
  readonly stacks: ReadonlyMap<string, Ground>;
  readonly durable: boolean;
}

export type Answer = { readonly played: Outcome } | { readonly error: string };

/** Threads that play one run each at a time. */
export interface Crew {
  readonly play: Player;
  close(): Promise<void>;
}

interface Order {
  readonly plan: Plan;
  done(played: Outcome): void;
  failed(error: Error): void;
}

/** @param threads how many runs are played side by side; which thread plays a run makes no difference to it */
export function openCrew(briefing: Briefing, threads: number): Crew {
  const waiting: Order[] = [];
  const idle: Worker[] = [];
  const busy = new Map<Worker, Order>();
  const next = () => {
    while (idle.length > 0 && waiting.length > 0) {
      const [worker, order] = [idle.pop(), waiting.shift()];
      if (!worker || !order) return;
      busy.set(worker, order);
      worker.postMessage(order.plan);
    }
  };
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: briefing });
    const end = (answer: Answer) => {
      const order = busy.get(worker);
      busy.delete(worker);
      if ('played' in answer) order?.done(answer.played);
      else order?.failed(new Error(answer.error));
    };
    worker.on('message', (answer: Answer) => {
      end(answer);
      idle.push(worker);
      next();
    });
    worker.on('error', (error) => end({ error: error.stack ?? String(error) }));
    idle.push(worker);
    return worker;
  });
  return {
    play: (plan) =>
      new Promise((done, failed) => {
        waiting.push({ plan, done, failed });
        next();
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
