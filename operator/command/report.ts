import { buildCommand } from '@stricli/core';
import { EXIT } from '../exit.ts';
import { gatherReport } from '../report/report.ts';
import { unwritten, writeWhole } from './file.ts';
import { type Context, connected, document, FLAGS, type Flags, text, usage } from './kit.ts';

export const report = buildCommand<Flags & { readonly out?: string }, [], Context>({
  docs: {
    brief: 'A bundle for whoever helps: how it stands, findings, incidents, points, versions; no content, no secret',
    fullDescription: [
      'One JSON document, on standard output or into a file, which is never written over.',
      'Example: remount report --out report.json',
      'Exit codes: 0 written; 1 written, and something could not be asked; 2 wrong usage, or the file cannot be written there; 4 it could not be asked at all.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...FLAGS,
      out: { kind: 'parsed', parse: text, optional: true, brief: 'write it there', placeholder: 'FILE' },
    },
  },
  async func(flags) {
    const found = await gatherReport(await connected(this, flags));
    if (flags.out === undefined) this.process.stdout.write(document(found));
    else {
      write(flags.out, document(found));
      if (flags.json) this.process.stdout.write(document({ schema: 1, out: flags.out, unasked: found.unasked }));
      else this.process.stdout.write(`Written: ${flags.out}. Read it before you send it: it has names and ids.\n`);
    }
    for (const { what, why } of found.unasked) this.process.stderr.write(`not in it: ${what}: ${why}\n`);
    this.process.exitCode = found.unasked.length === 0 ? EXIT.ok : EXIT.look;
  },
});

/** @throws Failed where there is one, or nobody can write there */
function write(file: string, content: string): void {
  try {
    writeWhole(file, content, { replace: false, mode: 0o600 });
  } catch (error) {
    throw usage(
      `--out: received ${file}; allowed: a file that is not there yet, and can be written (${unwritten(error)})`,
    );
  }
}
