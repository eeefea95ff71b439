import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { OUTPUT } from '../../contract/outputs.ts';
import type { Connection } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { unpack } from '../restore/archive.ts';
import {
  archivePlanText,
  asked,
  copyPlanText,
  type FromCopy,
  fromCopyOf,
  fromCopyText,
  nearest,
} from '../restore/copy.ts';
import type { Aside } from '../restore/place.ts';
import type { Question } from '../restore/read.ts';
import { type Followed, follow } from '../run/follow.ts';
import { stepText } from '../run/text.ts';
import { type Agreed, agree } from './ask.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, document, type Flags, usage } from './kit.ts';
import { asideIn, destination, local, put } from './put.ts';

interface CopyFlags extends Flags, Agreed {
  readonly to?: string;
  readonly replace?: boolean;
}

/** Where it is asked for, and where it comes. @throws Failed where the stack has neither */
function placesOf({ outputs, status }: Connection): { readonly drill: string; readonly bucket: string } {
  const [drill, bucket] = [outputs.get(OUTPUT.drill), outputs.get(OUTPUT.bundles)];
  if (drill && bucket) return { drill, bucket };
  const lacks = drill ? OUTPUT.bundles : OUTPUT.drill;
  throw usage(`--from-copy: received ${status.stack}, which has no ${lacks}; allowed: a stack with drills`);
}

/** Brings it out of the nearest copy, and places it. Sets the exit code. @throws Failed, Error where it cannot be asked */
export async function fromCopy(
  { process: around }: Context,
  connection: Connection,
  question: Question,
  flags: CopyFlags,
): Promise<void> {
  const { volume, path } = question;
  const { stderr, stdout } = around;
  const places = placesOf(connection);
  const copy = nearest((await connection.points(volume)).points, question.at);
  if (!copy) {
    stderr.write(`${volume}: there is no copy of ${new Date(question.at).toISOString()} or of before it\n`);
    around.exitCode = EXIT.look;
    return;
  }
  const { name, directory, to, isThere } = destination(question, flags);
  let begun = false;
  let aside: Aside | undefined;
  const clear = () => aside?.clear();
  const over = whenInterrupted(() =>
    begun ? 'Nothing was written; what was asked of the copy goes on, and is gone after a day' : 'Nothing was done',
  );
  process.on('exit', clear);
  try {
    await agree(copyPlanText(question, copy), flags, around);
    const found = await bring(
      connection,
      places.drill,
      { volume, snapshotId: copy.snapshotId, path: asked(path) },
      {
        accepted: () => {
          begun = true;
        },
        line: (text) => stderr.write(text),
      },
    );
    if (found.outcome !== 'bundled' || !found.key) {
      if (flags.json && found.outcome === 'absent') stdout.write(document(fromCopyOf(question, copy, [])));
      stderr.write(`${found.outcome}: ${found.summary}; nothing was written\n`);
      around.exitCode = EXIT.look;
      return;
    }
    aside = asideIn(directory);
    const archive = join(aside.files, 'archive.tar');
    const sum = await connection.bundles.fetch(places.bucket, found.key, archive).catch(local);
    if (sum !== found.sha256) throw new Error(`${found.key} is not what the host has sent: its sha256 is ${sum}`);
    const { entries, files } = await unpack(archive, aside.files).catch(local);
    await agree(archivePlanText(fromCopyOf(question, copy, entries), to, isThere), flags, around);
    const unset = put(aside, entries, files, { name, to, replace: flags.replace ?? false });
    const done: FromCopy = fromCopyOf(question, copy, entries, { ...(aside.isPlaced && { to }), unset });
    stdout.write(flags.json ? document(done) : fromCopyText(done));
    around.exitCode = done.state === 'restored' ? EXIT.ok : EXIT.look;
  } finally {
    over();
    process.removeListener('exit', clear);
    clear();
  }
}

async function bring(
  { follow: ports, status }: Connection,
  drill: string,
  { volume, snapshotId, path }: { readonly volume: string; readonly snapshotId: string; readonly path: string },
  { accepted, line }: { readonly accepted: () => void; readonly line: (text: string) => void },
): Promise<Followed> {
  const startedAt = status.now();
  const event = { bundle: volume, snapshotId, path };
  const what = { kind: 'bundle', volume, function: drill, name: `person-${randomUUID()}`, event } as const;
  return follow(ports, what, { accepted, step: (step) => line(stepText(step, startedAt)) });
}
