import type { Marker, Reading, Signature } from '../../journal/protocol.ts';

/** Paths of the content volume: two are enough for one to be touched and one not. */
export const PATHS = ['a', 'b'] as const;
export type Path = (typeof PATHS)[number];
/** What stands at each path: the number of the write that made it, counted over all writes; negative: that write deleted it; 0: nothing ever. */
export type Content = Record<Path, number>;

export interface JournalObject extends Signature {
  readonly states: Partial<Content>;
}

/** An object that a writer has made and knows no end of. */
export interface Pending {
  n: number;
  readonly object: JournalObject;
  /** `flight`: sent, no answer yet. `look`: this number is to be read. `idle`: to be sent again. */
  at: 'flight' | 'look' | 'idle';
}

/** What a host's agent does. `seal` and `drain`: it takes over. `dead`: the host is lost. */
export type Doing = 'write' | 'start' | 'spare' | 'seal' | 'drain' | 'fenced' | 'stuck' | 'dead';

export interface Host {
  doing: Doing;
  fs: Content;
  /** What of it survives a crash; of an owner all of it does. */
  durable: Content;
  reading: Reading;
  durableReading: Reading;
  marker: Marker;
  next: number;
  pending: Pending[];
  dirty: Path[];
  /** What the journal has of each path, as the index on the root disk knows it; `null`: unknown, for it was written while there was no seal. */
  index: Record<Path, number | null>;
  /** It has started, and nothing of this start is acknowledged: it writes, also where nothing is dirty. */
  owes: boolean;
  /** Written since it serves, while it has no seal. */
  touched: Path[];
  /** It was killed while it served unsealed: nobody knows what was touched. */
  uncertain: boolean;
  /** It serves, and has no seal. */
  unsealed: boolean;
  /** So much time has gone by since its last acknowledgement that numbers after it may have expired. */
  stale: boolean;
  sealedAt: number;
}

/** A request on its way to S3. */
export interface Request {
  readonly host: number;
  readonly n: number;
  readonly object: JournalObject;
  /** Whoever sent it has given up on an answer. */
  orphan: boolean;
}

export interface State {
  /** By number, from 1. */
  s3: (JournalObject | null)[];
  /** Numbers up to this one have expired. */
  floor: number;
  /** What was read of the numbers that have expired. */
  folded: { content: Content; reading: Reading };
  down: boolean;
  network: Request[];
  term: number;
  serving: number | null;
  owner: number;
  hosts: Host[];
  /** The newest write of each path since the owner of now began. */
  own: Content;
  /** Paths of which something acknowledged is not served, and people are notified of them by name. */
  missing: Path[];
  /** What was acknowledged, per path: the newest. */
  acknowledged: Content;
  writes: number;
  sums: number;
  /** How often each bounded thing has happened. */
  used: { crashes: number; lost: number; slow: number; outages: number; expiries: number; takeovers: number };
  /** What must never be. */
  bad?: string;
}

/** How often things happen at most: what keeps the exploration finite. */
export interface Bounds {
  readonly hosts: number;
  readonly writes: number;
  readonly numbers: number;
  readonly crashes: number;
  readonly lost: number;
  readonly slow: number;
  readonly outages: number;
  readonly expiries: number;
}

const NOTHING = (): Content => ({ a: 0, b: 0 });
const marker = (writer: string, term: number): Marker => ({ term, writer, run: 0, acknowledged: 0, fenced: false });

/** A volume that serves on the first host, and spares on the others; nothing was ever written. */
export function begin({ hosts }: Bounds): State {
  const host = (index: number): Host => ({
    doing: index === 0 ? 'write' : 'spare',
    fs: NOTHING(),
    durable: NOTHING(),
    reading: { cursor: 0, term: 0 },
    durableReading: { cursor: 0, term: 0 },
    marker: marker(`w${index}`, index === 0 ? 1 : 0),
    next: 1,
    pending: [],
    dirty: [],
    index: NOTHING(),
    owes: false,
    touched: [],
    uncertain: false,
    unsealed: false,
    stale: false,
    sealedAt: 0,
  });
  return {
    s3: [],
    floor: 0,
    folded: { content: NOTHING(), reading: { cursor: 0, term: 0 } },
    down: false,
    network: [],
    term: 1,
    serving: 0,
    owner: 0,
    hosts: Array.from({ length: hosts }, (_, index) => host(index)),
    own: NOTHING(),
    missing: [],
    acknowledged: NOTHING(),
    writes: 0,
    sums: 0,
    used: { crashes: 0, lost: 0, slow: 0, outages: 0, expiries: 0, takeovers: 0 },
  };
}

/** What there is: of what was deleted as little as of what never was. */
export function there(state: number | null): number {
  return state === null ? -1 : Math.max(state, 0);
}
