import { h } from 'preact';
import type { PageData, PageEvent } from './data.ts';
import { documentOf } from './document.ts';
import { timelines } from './timeline.ts';
import { clock, instant, took, visible } from './words.ts';

/** What a day looks like while it is played. Times are Unix milliseconds. */
export interface Live {
  readonly place: PageData['place'];
  readonly scenario: string;
  readonly now: number;
  /** When something was first seen to be wrong, with whom, and when it was served again. @default nothing is wrong yet */
  readonly wrong?: { readonly volume: string; readonly since: number; readonly servedAt?: number };
  readonly events: readonly PageEvent[];
  /** What was said last, the newest first. */
  readonly lines: readonly { readonly at: number; readonly who: string; readonly what: string }[];
}

const MOST = { lines: 12, line: 160, name: 60 } as const;

/** The picture of an incident that is not over: a browser asks for it again each second. */
export function liveHtml({ place, scenario, now, wrong, events, lines }: Live): string {
  return documentOf(
    { title: `${visible(scenario, MOST.name)}, live`, againSeconds: 1 },
    h('p', { class: 'quiet' }, `${visible(scenario, MOST.name)}, rehearsed on ${place.stack} in ${place.region}`),
    h('h1', null, headline(now, wrong)),
    h('p', null, instant(now)),
    ...(wrong
      ? timelines({ events: [...usersOf(now, wrong), ...events], failed: { at: wrong.since, by: 'probe' } })
      : []),
    h('h2', null, 'What is said'),
    h(
      'table',
      { class: 'stack' },
      h(
        'tbody',
        null,
        ...lines
          .slice(0, MOST.lines)
          .map(({ at, who, what }) =>
            h(
              'tr',
              null,
              h('td', { class: 'at' }, clock(at)),
              h('td', { class: 'at' }, visible(who, MOST.name)),
              h('td', null, visible(what, MOST.line)),
            ),
          ),
      ),
    ),
  );
}

function headline(now: number, wrong: Live['wrong']): string {
  if (!wrong) return 'Nothing is wrong yet: the hours before it are played';
  const { volume, since, servedAt } = wrong;
  const name = visible(volume, MOST.name);
  return servedAt === undefined
    ? `${name} has not been served for ${took(now - since)}`
    : `${name} was served again after ${took(servedAt - since)}`;
}

function usersOf(now: number, { volume, since, servedAt }: NonNullable<Live['wrong']>): PageEvent[] {
  const gone: PageEvent = {
    lane: 'users',
    at: since,
    until: servedAt ?? now,
    tone: 'bad',
    what: `${volume} is not served`,
  };
  return servedAt === undefined
    ? [gone]
    : [gone, { lane: 'users', at: servedAt, until: now, tone: 'good', what: 'served again' }];
}
