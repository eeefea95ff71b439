import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';
import { bytes, type Handle, handle, type Named } from './handle.ts';
import { Helper, KernelError, type Watched } from './helper.ts';

/** What happened, by the protocol's letter. */
const KIND = {
  c: 'created',
  d: 'deleted',
  r: 'renamed',
  m: 'written',
  w: 'closed',
  a: 'attributes',
} as const;
/**
 * - `created`: a name is there: of a new file or directory, of a link to an old one, of what had no name (`O_TMPFILE`).
 * - `deleted`: a name is gone. `renamed`: from `at` to `to`; what was there under the new name is gone, and has `attributes`.
 * - `written`: content or size, also by truncate(2). Not what is written through a mapping: that is `closed` in the end.
 * - `closed`: whoever had it open for writing, or mapped, has let go of it.
 * - `attributes`: mode, owner, times, extended attributes, number of links.
 */
export type ChangeKind = (typeof KIND)[keyof typeof KIND];

/** Where to look: what is there now, the file system says. Several that happened to one name of one file are one. */
export interface Change {
  readonly kinds: readonly ChangeKind[];
  /** Whether it is a directory that it happened to. */
  readonly directory: boolean;
  /** `undefined` where the kernel had none: then look at the name. */
  readonly object: Handle | undefined;
  /** `undefined` where the kernel does not know by which name: a number of links, what was opened by its handle. */
  readonly at: Named | undefined;
  /** The new name of what was renamed. */
  readonly to: Named | undefined;
}

/** Why the stream may have missed something: only a scan that begins after it finds that. */
export type DoubtCause = 'started' | 'overflow' | 'helperEnded';

/**
 * - `changes`, in the order in which each was first seen.
 * - `doubt`: whatever happened before it may be missing; what happens after it is said.
 * - `reached`: all that had been done when this sentinel was touched is in what came before.
 * - `gone`: the file system is unmounted, or another one is mounted there. The last one.
 */
export type KernelEvent =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'doubt'; readonly cause: DoubtCause; readonly detail?: string }
  | { readonly kind: 'reached'; readonly sentinel: string }
  | { readonly kind: 'gone'; readonly cause: 'unmounted' | 'replaced' };

export interface KernelEventsOptions extends Watched {
  /**
   * How many changes the helper keeps while nobody takes them; the kernel's own queue comes on top (`fs.fanotify.max_queued_events`).
   * @default 16,384: some 6 MiB
   */
  readonly most?: number;
}

const MOST = 16_384;
/** How often a helper that has ended is started again without one change in between, and the pause before it. Milliseconds. */
const PAUSES = [0, 100, 1000, 5000, 15_000] as const;

const kinds = z.string().check(z.regex(/^[cdrmwa/]+$/));
const object = z.nullable(handle);
const LINE = z.union([
  z.object({
    changes: z.array(
      z.union([
        z.tuple([kinds, object]),
        z.tuple([kinds, object, handle, bytes]),
        z.tuple([kinds, object, handle, bytes, handle, bytes]),
      ]),
    ),
  }),
  z.object({ overflow: z.literal(true) }),
  z.object({ gone: z.enum(['unmounted', 'replaced']) }),
]);

/** Name of the file that {@link Resolver.sentinel} renames. */
export const SENTINEL = /^sentinel\.([0-9a-f]{32})$/;

/**
 * What changes on a mounted content volume, as the kernel says it: for one `for await`, which ends with `gone`, or with `close`.
 *
 * Take what it has without waiting for anything slow: what is not taken waits in the helper and then in the kernel's queue, which in the
 * end overflows; that is a `doubt`, and no more. Nothing that writes to the volume ever waits for it.
 */
export class KernelEvents implements AsyncIterable<KernelEvent> {
  readonly #options: KernelEventsOptions;
  #helper: Helper;
  #closed = false;

  private constructor(options: KernelEventsOptions, helper: Helper) {
    this.#options = options;
    this.#helper = helper;
  }

  /** What changes from its return on is said. @throws KernelError where the mount is not what is expected, or cannot be watched */
  static async open(options: KernelEventsOptions): Promise<KernelEvents> {
    return new KernelEvents(options, await start(options));
  }

  /** Number of the device that is watched. */
  get device(): string {
    return this.#helper.device;
  }

  /** Process id of the helper. */
  get pid(): number {
    return this.#helper.pid;
  }

  close(): void {
    this.#closed = true;
    this.#helper.kill();
  }

  /** @throws KernelError with `ended` when the helper ends again and again */
  async *[Symbol.asyncIterator](): AsyncGenerator<KernelEvent, void> {
    try {
      yield { kind: 'doubt', cause: 'started' };
      for (let vain = 0; ; ) {
        const said = await this.#helper.next();
        if (said !== undefined) {
          vain = 0;
          for (const event of eventsOf(z.parse(LINE, said))) {
            yield event;
            if (event.kind === 'gone') return;
          }
        } else {
          if (this.#closed) return;
          const event = await this.#again(vain++);
          if (event) yield event;
          if (event?.kind !== 'doubt') return;
        }
      }
    } finally {
      this.close();
    }
  }

  /** Another helper in the place of one that has ended. What happened in between is for a scan: once the new one has its mark. @returns `undefined` once closed */
  async #again(vain: number): Promise<KernelEvent | undefined> {
    let detail = await this.#helper.ended;
    // Another device is another file system; of the same device only the scan knows.
    const options = { ...this.#options, device: this.device };
    for (const pause of PAUSES.slice(vain)) {
      await setTimeout(pause);
      if (this.#closed) return undefined;
      try {
        this.#helper = await start(options);
        // Closed meanwhile: nobody has killed this one.
        if (this.#closed) this.#helper.kill();
        return { kind: 'doubt', cause: 'helperEnded', detail };
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        if (error.code === 'notMounted' || error.code === 'unmounted') return { kind: 'gone', cause: 'unmounted' };
        if (error.code !== 'failed') return { kind: 'gone', cause: 'replaced' };
        detail = error.message;
      }
    }
    throw new KernelError('ended', `the reader of events ends again and again: ${detail}`);
  }
}

function start(options: KernelEventsOptions): Promise<Helper> {
  return Helper.start('events.py', options, String(options.most ?? MOST));
}

function* eventsOf(line: z.output<typeof LINE>): Generator<KernelEvent, void> {
  if ('gone' in line) yield { kind: 'gone', cause: line.gone };
  else if ('overflow' in line) yield { kind: 'doubt', cause: 'overflow' };
  else {
    const changes = line.changes.map(changeOf);
    yield { kind: 'changes', changes };
    for (const { at, to } of changes) {
      const sentinel = SENTINEL.exec((to ?? at)?.name.toString('latin1') ?? '')?.[1];
      if (sentinel !== undefined) yield { kind: 'reached', sentinel };
    }
  }
}

type Said = Extract<z.output<typeof LINE>, { changes: unknown }>['changes'][number];

function changeOf([letters, object, directory, name, newDirectory, newName]: Said): Change {
  return {
    kinds: kindsOf(letters),
    directory: letters.endsWith('/'),
    object: object ?? undefined,
    at: directory && name && { directory, name },
    to: newDirectory && newName && { directory: newDirectory, name: newName },
  };
}

const KNOWN = new Map<string, readonly ChangeKind[]>();

/** There are few, so each is made once. */
function kindsOf(letters: string): readonly ChangeKind[] {
  const known = KNOWN.get(letters);
  if (known) return known;
  const made = Object.entries(KIND).flatMap(([letter, kind]) => (letters.includes(letter) ? [kind] : []));
  KNOWN.set(letters, made);
  return made;
}
