import { LANES, type Lane, type PageEvent } from './data.ts';

/** Units of the picture. */
export const ROW = 15;
const CHARACTER = 5.7;
const GAP = 6;
const LEAST = 3;
/** What has no room in so many rows lies on one more, without a word. */
const MOST_ROWS = 7;

/** A mark of the picture, and where its word stands. */
export interface Mark {
  readonly event: PageEvent;
  readonly x: number;
  readonly width: number;
  readonly row: number;
  /** `undefined`: no room for it. */
  readonly word?: { readonly x: number; readonly end: boolean; readonly text: string };
}

export interface LaneLayout {
  readonly lane: Lane;
  readonly y: number;
  readonly rows: number;
  readonly marks: readonly Mark[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Where marks begin. */
  readonly left: number;
  readonly ticks: readonly { readonly x: number; readonly ms: number }[];
  readonly lanes: readonly LaneLayout[];
  /** Where the lanes end. */
  readonly bottom: number;
}

/** How wide it is, and whether the names of lanes stand beside them or above. */
export interface Frame {
  readonly width: number;
  readonly beside: number;
  readonly above: number;
  readonly ticks: number;
}

/** Places events on a line of time that begins at `zero`. */
export function layoutOf(events: readonly PageEvent[], zero: number, { width, beside, above, ticks }: Frame): Layout {
  const from = Math.min(zero, ...events.map((e) => e.at));
  const to = Math.max(from + 1000, ...events.map((e) => e.until ?? e.at));
  const left = beside + 4;
  const scale = (width - left - 8) / (to - from);
  const x = (at: number) => left + (at - from) * scale;
  let y = 4;
  const lanes = LANES.map((lane): LaneLayout => {
    const marks = packed(
      events.filter((e) => e.lane === lane),
      x,
      { left, right: width - 2 },
    );
    const rows = Math.max(1, ...marks.map((m) => m.row + 1));
    const here = { lane, y: y + above, rows, marks };
    y += above + rows * ROW + 8;
    return here;
  });
  return {
    width,
    height: y + 18,
    left,
    ticks: ticksOf(from, to, zero, ticks).map((t) => ({ x: x(t), ms: t - zero })),
    lanes,
    bottom: y,
  };
}

/** Each in the first row in which it and its word have room. */
function packed(
  events: readonly PageEvent[],
  x: (at: number) => number,
  { left, right }: { left: number; right: number },
): Mark[] {
  const ends: number[] = [];
  return events.map((event) => {
    const start = x(event.at);
    const width = Math.max(LEAST, x(event.until ?? event.at) - start);
    const long = event.what.length * CHARACTER;
    const end = start + width + GAP + long > right;
    const room = !end || start - GAP - long >= left;
    const [from, to] = end ? [room ? start - GAP - long : start, start + width] : [start, start + width + GAP + long];
    const free = ends.findIndex((e) => e <= from);
    const row = free === -1 ? Math.min(ends.length, MOST_ROWS) : free;
    const fits = room && row < MOST_ROWS;
    if (row < MOST_ROWS) ends[row] = to + GAP;
    const word = { x: end ? start - GAP : start + width + GAP, end, text: event.what };
    return { event, x: start, width, row, ...(fits && { word }) };
  });
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].map(
  (s) => s * 1000,
);

function ticksOf(from: number, to: number, zero: number, most: number): number[] {
  const step = STEPS.find((s) => (to - from) / s <= most) ?? (to - from) / most;
  const first = zero - Math.floor((zero - from) / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}
