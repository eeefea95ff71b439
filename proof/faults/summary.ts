import { promiseText } from '../../rehearsal/judge/checks.ts';
import type { Tally } from './explore.ts';
import { replayCommand } from './plans.ts';
import { scheduleText } from './schedule.ts';

/** Failures printed of each promise: the rest are counted. */
const SHOWN = 3;

/** Each failure: what broke, the shortest schedule, the command that plays it again. */
export function failureLines({ failures }: Tally): string {
  const shown = new Map<string, number>();
  let text = '';
  for (const { plan, shortest, broken } of failures) {
    const key = `${plan.story} ${broken[0]?.promise}`;
    const before = shown.get(key) ?? 0;
    shown.set(key, before + 1);
    if (before >= SHOWN) continue;
    text += `\nBROKEN  ${plan.story}, seed ${plan.seed}, faults ${scheduleText(plan.schedule)}\n`;
    for (const each of broken) text += `  ${promiseText(each)}\n`;
    text += `  shortest: ${scheduleText(shortest.schedule)}\n  ${replayCommand(shortest)}\n`;
  }
  return text;
}

/** Needless pages that are put up with, a run of two or three faults: a person who finds everything served is one who trusts less. */
const NEEDLESS_A_RUN = 0.06;
/** Fewer runs say nothing of a rate. */
const ENOUGH_RUNS = 100;

/** Whether people were paged for volumes that were served more often than is put up with. */
export function pagesTooOften({ runs, pagesInVain }: Tally): boolean {
  return runs >= ENOUGH_RUNS && pagesInVain > NEEDLESS_A_RUN * runs;
}

export function summary(tally: Tally): string {
  const {
    runs,
    heals,
    faults,
    at,
    seconds,
    failures,
    byPromise,
    unserved,
    excuses,
    pages,
    pagesInVain,
    calls,
    digest,
    cut,
  } = tally;
  const lines = [
    '',
    `${runs} runs, ${faults} faults at ${at.size} points, ${heals} heals, ${pages} pages (${pagesInVain} for a volume that was served)${cut ? '; the time was over' : ''}`,
    `${unserved} runs ended with a volume that is not served${excuses.size > 0 ? ':' : ''}`,
    ...[...excuses].sort(([, a], [, b]) => b - a).map(([excuse, n]) => `  ${String(n).padStart(5)}  ${excuse}`),
    `at most ${calls} API calls in one heal; digest of all logs ${digest.slice(0, 16)}`,
    `${(runs / seconds).toFixed(1)} runs and ${(heals / seconds).toFixed(1)} heals a second`,
    ...(pagesTooOften(tally)
      ? [
          `BROKEN  nobody is paged without need more than ${NEEDLESS_A_RUN * 100} times in 100 runs; seen: ${pagesInVain} in ${runs}`,
        ]
      : []),
    failures.length === 0
      ? `every ${pagesTooOften(tally) ? 'other ' : ''}promise was kept`
      : `${failures.length} runs broke a promise:`,
    ...[...byPromise].sort(([, a], [, b]) => b - a).map(([promise, n]) => `  ${String(n).padStart(5)}  ${promise}`),
  ];
  return `${lines.join('\n')}\n`;
}
