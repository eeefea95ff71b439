import { listed } from '../../contract/listed.ts';
import type { Happening } from '../../simulator/aws/account/happening.ts';
import { duration } from '../command/duration.ts';
import { contextArguments } from '../world/context.ts';
import type { Arrivals, Check, Damage, Recovery, ScenarioResult } from '../world/world.ts';
import { promiseText } from './checks.ts';
import type { Outcome, Skipped } from './outcome.ts';

/** Who only speaks with `--verbose`, even in the spotlight. */
const ROUTINE: readonly string[] = ['dlm'];

/** `02:13:07.250  who  what`, the time of the virtual day. */
export function line(happening: Happening): string {
  return `${new Date(happening.at).toISOString().slice(11, 23)}  ${happening.who.padEnd(19)}  ${happening.what}`;
}

/** Whether a line is printed without `--verbose`. A denied call always is: it is what one looks for. */
export function inStory({ who }: Happening, inSpotlight: boolean): boolean {
  return who === 'story' || who === 'iam' || (inSpotlight && !ROUTINE.includes(who));
}

/** The closing table: rehearsals beside the day itself. */
export function table(results: readonly (readonly [string, ScenarioResult])[]): string {
  const shown = results.filter(([, { recovery }]) => recovery !== undefined);
  if (shown.length === 0) return '';
  const row = (what: string, then: string, cell: (r: Recovery, damage: Damage | undefined) => string) => [
    what,
    then,
    ...shown.map(([, { recovery, damage }]) => (recovery ? cell(recovery, damage) : '')),
  ];
  return columns([
    ['', 'January 2010', ...shown.map(([name]) => name)],
    row('damage found', 'by the failure, after months', (r, damage) =>
      damage?.foundAt === undefined
        ? 'by the failure'
        : `${duration(damage.foundAt - damage.aroseAt)} after it arose, ${duration(r.failedAt - damage.foundAt)} before`,
    ),
    row('first failed probe to the healer', 'an email', (r) => duration(r.healStartedAt - r.firstFailedProbeAt)),
    row('content served again (recovery time)', '30 min (old content)', (r) => duration(r.servingAt - r.failedAt)),
    row('all content back', '11 h', (r) =>
      r.filesNewer.length === 0
        ? duration(r.servingAt - r.failedAt)
        : `${r.filesNewer.length} files newer than the recovery point are not`,
    ),
    row('recovery point before the failure', '4 weeks', (r) => duration(r.failedAt - r.recoveryPointAt)),
    row('files intact at the recovery point', '', (r) => `${r.filesIntact} of ${r.filesExpected}`),
    ...(shown.some(([, { arrivals }]) => arrivals)
      ? [['acknowledged courses that are served', '', ...shown.map(([, { arrivals }]) => arrived(arrivals))]]
      : []),
    row('what serves again is', 'sound, once rebuilt', (r) => (r.sound ? 'sound' : 'as damaged as before')),
    row('API calls from failure to service', '', (r) =>
      String(Object.values(r.apiCalls).reduce((sum, n) => sum + n, 0)),
    ),
  ]);
}

function arrived(arrivals: Arrivals | undefined): string {
  if (!arrivals) return '';
  const { uploaded, uploadsServed, written, writtenServed } = arrivals;
  return `${uploadsServed} of ${uploaded} through S3, ${writtenServed} of ${written} written`;
}

/** What endings of the day are without, by the ends of their names. */
const WITHOUT: readonly (readonly [end: string, what: string])[] = [
  ['-undrilled', 'drills'],
  ['-unjournaled', 'a journal'],
];

/** Endings of the same day, side by side, and the promises of each. */
export function comparison(outcomes: readonly Outcome[]): string {
  const without = outcomes.map(({ scenario }) => WITHOUT.find(([end]) => scenario.endsWith(end))?.[1]);
  const left = without.filter((what) => what !== undefined);
  const all = left.length > 1 ? 'both' : left[0];
  const parts = [
    table(outcomes.map(({ virtual }, i) => [without[i] ? `without ${without[i]}` : `with ${all}`, virtual])),
    ...outcomes.map(({ scenario, virtual }) => `${scenario}\n${promises(virtual.checks)}`),
    ...outcomes.filter((o) => !o.ok).map((o) => `Broken: ${o.scenario}\n${replay(o)}`),
  ];
  return `\n${parts.join('\n\n')}\n`;
}

function promises(checks: readonly Check[]): string {
  return `Promises:\n${checks.map((c) => `  ${c.kept ? 'kept  ' : 'BROKEN'}  ${promiseText(c)}`).join('\n')}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** What became of each scenario, one line each; then what was broken, and how to play it again. */
export function summary(outcomes: readonly Outcome[], skipped: readonly Skipped[] = []): string {
  const rows = outcomes.map(({ scenario, ok, virtual }) => {
    const r = virtual.recovery;
    const broken = virtual.checks.filter((c) => !c.kept).length;
    return [
      scenario,
      virtual.outcome ?? (r ? 'replace' : ok ? 'none' : 'lost'),
      r ? duration(r.failedAt - r.recoveryPointAt) : '',
      r ? duration(r.servingAt - r.failedAt) : '',
      r ? `${r.filesIntact} of ${r.filesExpected}` : '',
      r ? String(Object.values(r.apiCalls).reduce((sum, n) => sum + n, 0)) : '',
      ok ? 'kept' : `${broken} BROKEN`,
    ];
  });
  const head = ['scenario', 'outcome', 'recovery point', 'recovery time', 'files', 'API calls', 'promises'];
  const parts = [columns([head, ...rows])];
  for (const broken of outcomes.filter((o) => !o.ok)) {
    const { scenario, notYet, virtual } = broken;
    parts.push(
      [
        `${scenario}${notYet ? ` (not yet: ${notYet})` : ''}`,
        ...virtual.checks.filter((c) => !c.kept).map((c) => `  BROKEN  ${promiseText(c)}`),
        `  ${replay(broken)}`,
      ].join('\n'),
    );
  }
  const kept = outcomes.filter((o) => o.ok).length;
  parts.push(...skipped.map((s) => `Skipped: ${s.scenario}: ${s.skipped}`));
  const left = skipped.length > 0 ? `; ${skipped.length} were skipped, for what they need of the settings` : '';
  parts.push(`${kept} of ${outcomes.length} scenarios kept every promise${left}.`);
  return `\n${parts.join('\n\n')}\n`;
}

/** How to see it again. */
function replay({ scenario, seed, disks, context }: Outcome): string {
  return `Replay: npm run rehearse -- --scenario ${scenario} --seed ${seed} --disks ${disks}${contextArguments(context)}`;
}

/** Names of files that are printed. */
const NAMES = 10;

/** Everything after the story, as text. */
export function closing(outcome: Outcome): string {
  const { recovery, checks } = outcome.virtual;
  const parts: string[] = [];
  if (recovery) {
    parts.push(table([['this rehearsal', outcome.virtual]]));
    if (recovery.filesNewer.length > 0)
      parts.push(
        `${recovery.filesNewer.length} files are newer than the recovery point, and on the quarantined volume:\n  ${listed(recovery.filesNewer, { between: '\n  ', most: NAMES, rest: 'all names: --json' })}`,
      );
    parts.push(
      recovery.sound
        ? 'The recovery point is sound: xfs_repair -n on a clone of it, its log replayed, finds nothing.'
        : `The recovery point is readable, but carries the damage itself (a clone of it, log replayed):\n  ${listed(recovery.findings, { between: '\n  ', rest: 'all findings: --json' })}\nNo drill has tried it beforehand: that is what verified recovery points are for.`,
    );
  }
  const real = Object.entries(outcome.real.diskMs)
    .filter(([, ms]) => ms >= 1)
    .sort(([, a], [, b]) => b - a);
  if (real.length > 0) {
    parts.push(
      `Real time, ${outcome.real.seconds.toFixed(1)} s in all; on the disks:\n${real.map(([what, ms]) => `  ${what.padEnd(22)} ${(ms / 1000).toFixed(2).padStart(7)} s  ${String(outcome.real.diskCounts[what] ?? 0).padStart(5)} times`).join('\n')}`,
    );
  }
  parts.push(promises(checks));
  const broken = checks.filter((c) => !c.kept);
  parts.push(
    broken.length === 0
      ? outcome.virtual.outcome === 'page'
        ? 'It could not be healed, and a person knows.'
        : 'The content is served and intact.'
      : `Broken: ${broken.map((c) => c.promise).join('; ')}\n${replay(outcome)}`,
  );
  return `\n${parts.join('\n\n')}\n`;
}
