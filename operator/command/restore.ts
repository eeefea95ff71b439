import { buildCommand } from '@stricli/core';
import { OUTPUT } from '../../contract/outputs.ts';
import type { JournalStore } from '../../host/agent/journal/store.ts';
import type { Connection } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { fetchAll } from '../restore/fetch.ts';
import { type Moment, momentOf } from '../restore/moment.ts';
import { pathOf } from '../restore/path.ts';
import type { Aside } from '../restore/place.ts';
import { entriesOf, wantedOf } from '../restore/plan.ts';
import { NoJournal, type Question, type Told, tellPast } from '../restore/read.ts';
import { copyFor, type Outcome, type Restored, restoredOf } from '../restore/restored.ts';
import { absentText, bytesText, restoredText, restorePlanText } from '../restore/text.ts';
import { UnknownVolume } from '../status/gather.ts';
import { type Agreed, agree, YES } from './ask.ts';
import { fromCopy } from './from-copy.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, said, text, usage } from './kit.ts';
import { asideIn, destination, local, put } from './put.ts';

interface RestoreFlags extends Flags, Agreed {
  readonly at: Moment;
  readonly to?: string;
  readonly replace?: boolean;
  readonly fromCopy?: boolean;
}

/** A line that is written over, for people who wait. */
function ticker(shown: boolean): { tick(line: string): void; end(): void } {
  let ticked = 0;
  const least = 200;
  return {
    tick(line) {
      if (!shown || Date.now() - ticked < least) return;
      ticked = Date.now();
      process.stderr.write(`\r${line}\x1b[K`);
    },
    end() {
      if (ticked > 0) process.stderr.write('\r\x1b[K');
      ticked = 0;
    },
  };
}
type Ticker = ReturnType<typeof ticker>;

/** What the journal says. @throws Failed, Error where it cannot be asked */
async function told(
  { journals, outputs, status, follow }: Connection,
  question: Question,
  ticks: Ticker,
): Promise<Told & { readonly store: JournalStore }> {
  const bucket = outputs.get(OUTPUT.journal);
  if (!bucket)
    throw usage(`--stack: received ${status.stack}, which has no ${OUTPUT.journal}; allowed: a stack with a journal`);
  const volumes = [...(await status.volumes()).keys()].sort();
  const { volume } = question;
  if (!volumes.includes(volume)) throw new UnknownVolume(volume, volumes);
  try {
    const store = journals.of(bucket, volume);
    const past = await tellPast(store, question, follow, ({ number, at }) =>
      ticks.tick(`reading the journal: number ${number}, of ${new Date(at).toISOString()}`),
    );
    return { ...past, store };
  } catch (error) {
    if (!(error instanceof NoJournal)) throw error;
    throw new Error(
      `no journal of ${volume} can be read in ${bucket}: ${error.message}; that says nothing of what was there`,
    );
  } finally {
    ticks.end();
  }
}

/** What is read of an argument. @throws Failed saying what is allowed */
function allowed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? usage(error.message) : error;
  }
}

async function copyOf({ points }: Connection, { volume, at }: Question): Promise<Restored['copy']> {
  try {
    return copyFor((await points(volume)).points, at);
  } catch (error) {
    return { unasked: said(error) };
  }
}

export const restore = buildCommand<RestoreFlags, [string, string], Context>({
  docs: {
    brief: 'Restores a file, a course or a folder as it was at a moment, from the journal or a copy',
    fullDescription: [
      'Shows what it would write, and asks. It writes on this machine alone: the volume stays as it is.',
      'Without a journal, or with --from-copy, it comes out of the nearest verified copy of before that moment; where there is none, of the nearest one, and it says so.',
      'PATH is from the top of the volume, such as courses/course-1, or as its owner has it (/srv/content/alpha/courses/course-1); empty: all of it. \\xHH is a byte that is no UTF-8.',
      'Example: remount restore alpha courses/course-1 --at 1h --to ./back',
      'Exit codes: 0 restored; 1 it is not in the journal at that moment, or in the copy, or not all of it could be restored; 2 wrong usage; 3 nobody said yes, or something is there already: nothing was done; 4 it could not be asked; 130 Ctrl-C, nothing was written.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...FLAGS,
      at: {
        kind: 'parsed',
        parse: momentOf,
        brief: 'the moment: 2026-11-27T14:30:00Z, or how long ago: 90s, 30m, 1h, 2d',
      },
      to: { kind: 'parsed', parse: text, optional: true, brief: 'directory that it goes into (default: ./NAME-TIME)' },
      fromCopy: {
        kind: 'boolean',
        optional: true,
        brief: 'out of the nearest copy of before, which a volume is made of for some minutes',
      },
      replace: { kind: 'boolean', optional: true, brief: 'what is there under its name goes' },
      yes: YES,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: text, placeholder: 'VOLUME', brief: 'the content volume' },
        { parse: text, placeholder: 'PATH', brief: 'what is restored, from the top of the volume' },
      ],
    },
  },
  async func(flags, volume, given) {
    const { stderr, stdout } = this.process;
    const path = allowed(() => pathOf(given, volume));
    const connection = await connected(this, flags);
    const { journals, status } = connection;
    const question = { volume, path, at: allowed(() => flags.at(status.now())) };
    if (flags.fromCopy || !connection.outputs.has(OUTPUT.journal)) {
      await fromCopy(this, connection, question, flags);
      return;
    }
    const ticks = ticker(process.stderr.isTTY);
    let aside: Aside | undefined;
    const clear = () => aside?.clear();
    const over = whenInterrupted(() => {
      ticks.end();
      return 'Nothing was written';
    });
    process.on('exit', clear);
    try {
      const past = await told(connection, question, ticks);
      const found = past.asOf ? past.past.find(path) : undefined;
      const entries = found?.state === 'there' ? entriesOf(past, found.identity) : [];
      const copy = await copyOf(connection, question);
      const plan = restoredOf(question, past, entries, { copy });
      if (plan.state === 'absent') {
        if (flags.json) stdout.write(document(plan));
        stderr.write(`${absentText(plan)}\n`);
        this.process.exitCode = EXIT.look;
        return;
      }
      const { name, directory, to, isThere } = destination(question, flags);
      await agree(restorePlanText(plan, to, isThere), flags, this.process);
      aside = asideIn(directory);
      const fetched = await fetchAll(past.store, wantedOf(entries), aside.files, connection.follow, (bytes) =>
        ticks.tick(`reading: ${bytesText(bytes)}`),
      ).catch(local);
      ticks.end();
      const kept = entries.filter(({ identity }) => !fetched.failed.has(identity));
      const unset = put(aside, kept, fetched.files, { name, to, replace: flags.replace ?? false });
      const outcome: Outcome = { to, failed: fetched.failed, unset };
      const done = restoredOf(question, past, entries, { outcome, copy });
      stdout.write(flags.json ? document(done) : restoredText(done));
      this.process.exitCode = done.state === 'restored' ? EXIT.ok : EXIT.look;
    } finally {
      over();
      process.removeListener('exit', clear);
      clear();
      journals.close();
    }
  },
});
