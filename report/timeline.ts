import { type ComponentChild, h } from 'preact';
import { COLOUR } from './colours.ts';
import { LANES, type PageData } from './data.ts';
import { type Frame, type LaneLayout, layoutOf, type Mark, ROW } from './layout.ts';
import { took, visible } from './words.ts';

/** So much of an event's words is in the picture. */
const WORD = 28;
const MARKS = 80;

/** The same picture for a wide screen and paper, and for a phone: a text of a fixed size is read on neither. */
const FRAMES: readonly { readonly name: 'wide' | 'narrow'; readonly frame: Frame }[] = [
  { name: 'wide', frame: { width: 780, beside: 62, above: 0, ticks: 8 } },
  { name: 'narrow', frame: { width: 310, beside: 0, above: 13, ticks: 4 } },
];

export function timelines({ events, failed }: Pick<PageData, 'events' | 'failed'>): ComponentChild[] {
  // Of many the last are left out, lane by lane: `users` has the whole.
  const shown = events.filter((_, i) => i < MARKS).map((e) => ({ ...e, what: visible(e.what, WORD) }));
  return FRAMES.map(({ name, frame }) => {
    const { width, height, left, ticks, lanes, bottom } = layoutOf(shown, failed.at, frame);
    const label = `Timeline with the lanes ${LANES.join(', ')}; the same stands below, as a table`;
    return h(
      'svg',
      { class: name, viewBox: `0 0 ${width} ${Math.ceil(height)}`, role: 'img', 'aria-label': label },
      ...ticks.flatMap(({ x, ms }, i) => [
        h('line', { x1: x, x2: x, y1: 0, y2: bottom, stroke: COLOUR.line, 'stroke-width': ms === 0 ? 2 : 0.6 }),
        h(
          'text',
          {
            x,
            y: bottom + 13,
            'font-size': 10,
            fill: COLOUR.quiet,
            'text-anchor': x < left + 12 ? 'start' : x > width - 30 ? 'end' : 'middle',
            key: `t${i}`,
          },
          ms === 0 ? '0' : `${ms < 0 ? '-' : '+'}${took(Math.abs(ms)).replace('.0 s', ' s')}`,
        ),
      ]),
      ...lanes.flatMap((lane, i) => laneOf(lane, frame, i)),
    );
  });
}

function laneOf({ lane, y, rows, marks }: LaneLayout, { width, beside }: Frame, index: number): ComponentChild[] {
  return [
    ...(index === 0
      ? []
      : [h('line', { x1: 0, x2: width, y1: y - (beside ? 4 : 15), y2: y - (beside ? 4 : 15), stroke: COLOUR.line })]),
    h(
      'text',
      { x: 0, y: beside ? y + 11 : y - 3, 'font-size': 11, 'font-weight': 700, fill: COLOUR.ink, 'data-rows': rows },
      lane,
    ),
    ...marks.flatMap((mark) => markOf(mark, y)),
  ];
}

function markOf({ event, x, width, row, word }: Mark, top: number): ComponentChild[] {
  const y = top + row * ROW;
  const fill = COLOUR[event.tone];
  return [
    h('rect', { x, y: y + 2, width, height: ROW - 5, rx: 1.5, fill }),
    ...(word
      ? [
          h(
            'text',
            { x: word.x, y: y + 11, 'font-size': 10, fill, 'text-anchor': word.end ? 'end' : 'start' },
            word.text,
          ),
        ]
      : []),
  ];
}
