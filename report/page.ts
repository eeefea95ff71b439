import { type ComponentChild, h } from 'preact';
import type { Achieved, Lost, PageData } from './data.ts';
import { documentOf } from './document.ts';
import { timelines } from './timeline.ts';
import { clock, instant, took, visible } from './words.ts';

/** Limits that keep it on two sheets, and far below 200 KB: all of it is in the record. */
const MOST = { steps: 18, decisions: 9, names: 10, line: 100, evidence: 140, summary: 300, title: 60 } as const;

/** All text of others is shown by {@link visible}. */
export function pageHtml(data: PageData): string {
  const title = `${line(data.volume)}: incident ${line(data.id)}`;
  const parts = [head, timeline, figures, lost, decisions, steps];
  return documentOf({ title }, ...parts.map((part) => part(data)), whys());
}

const line = (text: string) => visible(text, MOST.line);

function head(data: PageData): ComponentChild {
  const { volume, id, place, replay, summary, failed, outcome } = data;
  return h(
    'header',
    null,
    h(
      'p',
      { class: 'quiet' },
      `Incident ${line(id)} of ${line(place.stack)} in ${line(place.region)}, ${instant(failed.at)}`,
    ),
    h('h1', null, headline(data)),
    ...(replay === undefined
      ? []
      : [
          h(
            'p',
            null,
            h('span', { class: 'drill' }, 'A rehearsal: nothing real failed. Again: ', h('code', null, line(replay))),
          ),
        ]),
    h('p', null, lossLine(data.lost)),
    h('p', { class: 'quiet' }, `${OUTCOME[outcome]} ${visible(summary, MOST.summary)}`),
    ...(outcome === 'open' || outcome === 'paged'
      ? [
          h(
            'p',
            { class: 'bad' },
            `What to do: the message of this heal, and the runbook. Content volume: ${line(volume)}.`,
          ),
        ]
      : []),
  );
}

const OUTCOME: Readonly<Record<PageData['outcome'], string>> = {
  open: 'The heal has not ended.',
  healed: 'Healed.',
  paged: 'A person was called.',
  overtaken: 'Another heal took over.',
  falseAlarm: 'A false alarm.',
  sound: 'Nothing was wrong.',
};

function headline({ volume, recoveryTime, outcome }: PageData): string {
  const name = visible(volume, MOST.title);
  if (recoveryTime) return `${name} was not served for ${took(recoveryTime.ms)}`;
  return outcome === 'falseAlarm' || outcome === 'sound'
    ? `${name} was served all along`
    : `${name} is not served by this heal`;
}

function lossLine(lost: Lost): ComponentChild {
  switch (lost.kind) {
    case 'nothing':
      return h('strong', { class: 'good' }, 'Nothing was lost.');
    case 'named':
      return h('strong', { class: 'bad' }, `${lost.names.length} files are missing from what serves: named below.`);
    case 'unnamed':
      return h(
        'strong',
        null,
        `What was written in the last ${took(lost.until - lost.since)} before the first sign of it may be missing.`,
      );
    case 'open':
      return h('strong', null, 'What is missing, if anything, is not known yet.');
  }
}

/** What times are counted from. */
const MOMENT: Readonly<Record<PageData['failed']['by'], string>> = {
  world: 'the failure',
  probe: 'the first failed probe',
  alarm: 'the alarm, which follows the failure by some seconds',
  heal: 'the first step of the heal',
};

/** As Rustici Software's post-mortem tells it: README.md has the source. */
const THEN = {
  recoveryTime: '30 min with old content, 11 h with all of it',
  recoveryPoint: '4 weeks, for 11 h',
} as const;

function figures({ recoveryTime, recoveryPoint, failed, damage, lost: { kind } }: PageData): ComponentChild {
  const row = (what: string, cells: readonly [achieved: ComponentChild | string, objective: string, then: string]) =>
    h(
      'tr',
      null,
      h('th', { scope: 'row' }, what),
      h('td', { 'data-of': 'achieved' }, cells[0]),
      h('td', { 'data-of': 'objective' }, cells[1]),
      h('td', { 'data-of': 'January 2010' }, cells[2]),
    );
  // What may be less is not called too much.
  const judged = ({ ms, objectiveMs, atMost = false }: Achieved & { readonly atMost?: boolean }, words: string) =>
    ms <= objectiveMs
      ? h('span', { class: 'good' }, words)
      : atMost
        ? words
        : h('span', { class: 'bad' }, `${words} (beyond the objective)`);
  return h(
    'section',
    null,
    h('h2', null, 'Against the objectives'),
    h(
      'table',
      { class: 'stack' },
      h('thead', null, h('tr', null, ...['', 'achieved', 'objective', 'January 2010'].map((t) => h('th', null, t)))),
      h(
        'tbody',
        null,
        row('Recovery time', [
          recoveryTime
            ? judged(recoveryTime, `${took(recoveryTime.ms)}, from ${MOMENT[failed.by]}`)
            : 'not served again by this heal',
          recoveryTime ? took(recoveryTime.objectiveMs).replace('.0 s', ' s') : '',
          THEN.recoveryTime,
        ]),
        row('Recovery point', [
          recoveryPoint
            ? judged(
                recoveryPoint,
                `${recoveryPoint.atMost && recoveryPoint.ms > 0 ? 'at most ' : ''}${took(recoveryPoint.ms)} before it (${instant(recoveryPoint.at)})`,
              )
            : kind === 'open'
              ? 'not known yet'
              : 'the same volume, as it was',
          recoveryPoint ? took(recoveryPoint.objectiveMs).replace('.0 s', ' s') : '',
          THEN.recoveryPoint,
        ]),
        row('Damage found', [
          damage
            ? `${took(failed.at - damage.foundAt)} before the failure${damage.aroseAt === undefined ? '' : `, ${took(damage.foundAt - damage.aroseAt)} after it arose`}`
            : 'by the failure, or there was none',
          'by a drill, before the failure',
          'by the failure, after months',
        ]),
      ),
    ),
  );
}

function timeline(data: PageData): ComponentChild {
  const { failed } = data;
  return h(
    'section',
    null,
    h('h2', null, 'What happened'),
    ...timelines(data),
    h('p', { class: 'quiet' }, `0 is ${instant(failed.at)}, the time of ${MOMENT[failed.by]}.`),
  );
}

function steps(data: PageData): ComponentChild {
  const shown = data.steps.slice(0, MOST.steps);
  return h(
    'section',
    null,
    h('h2', null, 'Step by step'),
    h(
      'table',
      { class: 'stack' },
      h('thead', null, h('tr', null, ...['time, UTC', 'took', 'step', 'seen'].map((t) => h('th', null, t)))),
      h(
        'tbody',
        null,
        ...shown.map(({ at, ms, name, note }) =>
          h(
            'tr',
            null,
            h('td', { class: 'at' }, clock(at)),
            h('td', { class: 'at' }, took(ms)),
            h('td', null, line(name)),
            h('td', null, line(note)),
          ),
        ),
      ),
    ),
    ...more(data.steps.length - MOST.steps, 'steps', data),
  );
}

function decisions(data: PageData): ComponentChild {
  const shown = data.decisions.slice(0, MOST.decisions);
  return h(
    'section',
    null,
    h('h2', null, 'What was decided, and by what'),
    h(
      'table',
      { class: 'stack' },
      h('thead', null, h('tr', null, ...['time, UTC', 'decision', 'evidence'].map((t) => h('th', null, t)))),
      h(
        'tbody',
        null,
        ...shown.map(({ at, what, evidence }) =>
          h(
            'tr',
            null,
            h('td', { class: 'at' }, clock(at)),
            h('td', null, line(what)),
            h('td', null, visible(evidence, MOST.evidence)),
          ),
        ),
      ),
    ),
    ...more(data.decisions.length - MOST.decisions, 'decisions', data),
  );
}

function more(count: number, what: string, { volume }: PageData): ComponentChild[] {
  if (count <= 0) return [];
  return [
    h(
      'p',
      { class: 'quiet' },
      `${count} more ${what}: `,
      h('code', null, `npm run remount -- incidents ${line(volume)}`),
    ),
  ];
}

function lost({ lost: found }: PageData): ComponentChild {
  return h('section', null, h('h2', null, 'What was lost'), ...lostLines(found));
}

function lostLines(found: Lost): ComponentChild[] {
  const kept =
    'keptOn' in found && found.keptOn !== undefined
      ? ` The old volume, ${line(found.keptOn)}, is kept in quarantine, with all that is on it.`
      : '';
  switch (found.kind) {
    case 'nothing':
      return [h('p', null, `Nothing: ${NOTHING[found.by]}.`)];
    case 'named':
      return [
        h('p', null, `${found.names.length} files, which are not on what serves now.${kept}`),
        h(
          'ul',
          { class: 'names' },
          ...found.names.slice(0, MOST.names).map((name) => h('li', null, h('bdi', null, line(name)))),
          ...(found.names.length > MOST.names ? [h('li', null, `and ${found.names.length - MOST.names} more`)] : []),
        ),
      ];
    case 'unnamed':
      return [
        h(
          'p',
          null,
          `Nobody has compared yet. What was written between ${instant(found.since)} and ${instant(found.until)} may be missing.${kept}`,
        ),
      ];
    case 'open':
      return [h('p', null, 'It is not served by this heal, so it cannot be told yet.')];
  }
}

const NOTHING: Readonly<Record<Extract<Lost, { kind: 'nothing' }>['by'], string>> = {
  sameVolume: 'the volume that served before serves again',
  journal: 'the old owner sent all that it had before it was fenced, and all of the journal was read',
  compared: 'each file was read back, and its checksum is right',
};

function whys(): ComponentChild {
  return h(
    'section',
    null,
    h('h2', null, 'Five whys, to fill in'),
    h('ol', { class: 'whys' }, ...Array.from({ length: 5 }, () => h('li', null, 'Why? Because'))),
  );
}
