import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { buildCommand } from '@stricli/core';
import { OUTPUT } from '../../contract/outputs.ts';
import { filesText } from '../age.ts';
import type { Source } from '../aws/parts.ts';
import { EXIT } from '../exit.ts';
import { UnknownVolume } from '../status/gather.ts';
import { filesBelow, pack, sizeOf } from '../upload/pack.ts';
import { cutOffText, hadText, sentText, sizeText, uploadedText, uploadPlanText } from '../upload/text.ts';
import { courseFault, uploadCourse } from '../upload/upload.ts';
import { type Agreed, agree, YES } from './ask.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, said, text, usage } from './kit.ts';

interface UploadFlags extends Flags, Agreed {
  readonly course?: string;
  readonly wait: boolean;
}

const NOTHING = 'Nothing was uploaded';
/** For the answer. It is there in seconds, unless a heal is in between. Milliseconds. */
const WAIT_MS = 30 * 60_000;

/** What is to be uploaded, as it was given. */
interface Given {
  readonly from: string;
  readonly what: string;
  readonly zip: (directory: string) => Promise<string>;
}

/** @throws Failed where it is neither a directory with files nor a zip */
function given(from: string): Given {
  const wrong = (why: string) => usage(`DIR-OR-ZIP: received ${from}; allowed: a directory, or a zip (${why})`);
  const stat = statSync(from, { throwIfNoEntry: false });
  if (!stat) throw wrong('it is not there');
  if (stat.isFile() && from.toLowerCase().endsWith('.zip'))
    return { from, what: sizeText(stat.size), zip: async () => from };
  if (!stat.isDirectory()) throw wrong('it is neither');
  try {
    const files = filesBelow(from);
    const zip = async (directory: string) => {
      const file = join(directory, 'course.zip');
      await pack(from, files, file);
      return file;
    };
    return { from, what: `${filesText(files.length)}, ${sizeText(sizeOf(files))}`, zip };
  } catch (error) {
    throw wrong(said(error));
  }
}

/** @throws Error where the file was changed meanwhile */
async function opened(file: string): Promise<Source & { close(): Promise<void> }> {
  const handle = await open(file);
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  return {
    size: Number(size),
    async read(from, bytes) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, from);
      const now = await handle.stat({ bigint: true });
      if (bytesRead !== bytes || now.size !== size || now.mtimeNs !== mtimeNs)
        throw new Error(`${file} was changed as it was uploaded: nothing was made of it, so upload it once more`);
      return buffer;
    },
    close: () => handle.close(),
  };
}

export const upload = buildCommand<UploadFlags, [string, string], Context>({
  docs: {
    brief: 'Uploads a course through the intake, and waits until it is served',
    fullDescription: [
      'A directory is zipped. Progress goes to standard error, where that is a terminal.',
      'Cut off, the same command goes on where S3 stands: the same content is taken in once.',
      'Example: remount upload ./course-1 alpha',
      'Exit codes: 0 it is served (with --no-wait: S3 has it); 1 it is refused, or nobody has answered for half an hour; 2 wrong usage; 3 nobody said yes; 4 it could not be asked; 130 Ctrl-C.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...FLAGS,
      course: { kind: 'parsed', parse: text, optional: true, brief: 'its name (default: that of DIR-OR-ZIP)' },
      wait: { kind: 'boolean', default: true, brief: 'wait until it is served or refused' },
      yes: YES,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: text, placeholder: 'DIR-OR-ZIP', brief: 'what is in the course, all of it' },
        { parse: text, placeholder: 'VOLUME', brief: 'the content volume' },
      ],
    },
  },
  async func(flags, from, volume) {
    const { stderr, stdout } = this.process;
    const course = flags.course ?? basename(resolve(from)).replace(/\.zip$/i, '');
    const fault = courseFault(volume, course);
    if (fault) throw usage(fault);
    const what = given(from);
    const { status, outputs, uploads, follow } = await connected(this, flags);
    const bucket = outputs.get(OUTPUT.intake);
    if (!bucket)
      throw usage(`--stack: received ${status.stack}, which has no ${OUTPUT.intake}; allowed: a stack with an intake`);
    const volumes = [...(await status.volumes()).keys()].sort();
    if (!volumes.includes(volume)) throw new UnknownVolume(volume, volumes);
    const directory = mkdtempSync(join(tmpdir(), 'remount-upload-'));
    const clear = () => rmSync(directory, { recursive: true, force: true });
    const unknown = `Nobody knows whether S3 has ${course}: upload it again, which does no harm`;
    let left = NOTHING;
    /** The progress stands in a line that is not ended. */
    let drawn = false;
    const say = (line: string) => {
      stderr.write(`${drawn ? '\n' : ''}${line}\n`);
      drawn = false;
    };
    const over = whenInterrupted(() => left);
    process.on('exit', clear);
    try {
      await agree(uploadPlanText(volume, course, from, what.what), flags, this.process);
      const source = await opened(await what.zip(directory));
      const shown = process.stderr.isTTY;
      try {
        const task = { bucket, volume, course, source, waitMs: flags.wait ? WAIT_MS : 0 };
        const { size } = source;
        let until: Date | undefined;
        const ended = await uploadCourse(uploads, follow, task, {
          begins: (had, dropped) => {
            until = dropped;
            if (had > 0) say(hadText(had, size));
            if (had > 0) left = cutOffText(course, had, size, until);
            else if (left !== unknown) left = NOTHING;
          },
          anew: say,
          sent: (bytes) => {
            if (shown) stderr.write(sentText(bytes, size));
            drawn = shown && bytes < size;
            if (bytes < size) left = cutOffText(course, bytes, size, until);
          },
          completes: () => {
            left = unknown;
          },
          stored: (version) => {
            left = `S3 has ${course} as version ${version}: it is taken in all the same`;
          },
        });
        stdout.write(flags.json ? document(ended) : uploadedText(ended));
        const well = ended.state === 'done' || (ended.state === 'waiting' && !flags.wait);
        this.process.exitCode = well ? EXIT.ok : EXIT.look;
      } finally {
        await source.close();
      }
    } catch (error) {
      if (left !== NOTHING) say(left);
      throw error;
    } finally {
      over();
      process.removeListener('exit', clear);
      clear();
    }
  },
});
