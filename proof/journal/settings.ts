import type { Bounds } from './state.ts';

/** What is explored: how often things happen at most, and what has happened before. */
export interface Setting {
  readonly bounds: Bounds;
  readonly after?: readonly string[];
}

const QUIET: Bounds = { hosts: 2, writes: 2, numbers: 5, crashes: 0, lost: 0, slow: 0, outages: 0, expiries: 0 };
const WRITTEN = ['w0 writes a', 'w0 sends what is dirty', 'segment 1 of w0 arrives'];

/** Small ones, each about some of the races: together they are explored in a minute or two. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  'a request is slow': { bounds: { ...QUIET, slow: 1 } },
  'an answer is lost': { bounds: { ...QUIET, lost: 1, writes: 1 } },
  'an agent is killed': { bounds: { ...QUIET, crashes: 1 } },
  'an agent is killed, and a request is slow': {
    bounds: { ...QUIET, crashes: 1, slow: 1, hosts: 1, numbers: 4, writes: 3 },
  },
  'S3 is away': { bounds: { ...QUIET, outages: 1 } },
  'S3 is away as the second owner begins, and that is killed': {
    bounds: { ...QUIET, outages: 1, crashes: 1, writes: 3, numbers: 4 },
    after: [
      ...WRITTEN,
      'the healer fences the owner and raises the term',
      'S3 goes away',
      'S3 does not answer: it is served unsealed',
    ],
  },
  'a month goes by': { bounds: { ...QUIET, expiries: 1, numbers: 4 } },
  'nobody writes for a month': {
    bounds: { ...QUIET, expiries: 1, crashes: 1, writes: 3, numbers: 7, hosts: 1 },
    after: WRITTEN,
  },
  'a third owner': { bounds: { ...QUIET, hosts: 3, numbers: 6 }, after: WRITTEN },
};

/** Wider ones, for `npm run model -- --wide`: some minutes. */
export const WIDE: Readonly<Record<string, Setting>> = {
  'a kill, a slow request and a lost answer': { bounds: { ...QUIET, crashes: 1, slow: 1, lost: 1, numbers: 4 } },
  'a month goes by, and a kill': { bounds: { ...QUIET, expiries: 1, crashes: 1 } },
  'nobody writes for a month, and a second owner': {
    bounds: { ...QUIET, expiries: 1, crashes: 1, numbers: 7 },
    after: WRITTEN,
  },
  'S3 is away, and a kill': { bounds: { ...QUIET, outages: 1, crashes: 1 } },
  'a third owner, and a slow request': { bounds: { ...QUIET, hosts: 3, slow: 1 } },
};
