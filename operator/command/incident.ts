import { buildCommand } from '@stricli/core';
import { pageOf } from '../../report/incident.ts';
import { pageHtml } from '../../report/page.ts';
import { chosen, MOST_INCIDENTS } from '../incidents/incident.ts';
import { incidentsText } from '../incidents/text.ts';
import { unwritten, writeWhole } from './file.ts';
import { type Context, connected, document, FLAGS, type Flags, text, usage } from './kit.ts';

export const incident = buildCommand<Flags & { readonly page?: string }, [string, string?], Context>({
  docs: {
    brief: 'One of them, as text, as data, or as a page',
    fullDescription:
      'Example: remount incident alpha --page incident.html\nExit codes: 0 printed; 2 wrong usage, or the page cannot be written there; 4 it could not be asked.',
  },
  parameters: {
    flags: {
      ...FLAGS,
      page: {
        kind: 'parsed',
        parse: text,
        optional: true,
        brief: 'write its page there: one HTML file',
        placeholder: 'FILE',
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: text, placeholder: 'VOLUME', brief: 'the content volume' },
        { parse: text, optional: true, placeholder: 'ID', brief: 'as incidents prints it (default: the newest)' },
      ],
    },
  },
  async func(flags, volume, id) {
    const { incidents: ask, place } = await connected(this, flags);
    const found = chosen(volume, await ask(volume, id === undefined ? 1 : MOST_INCIDENTS), id);
    const page = pageOf(found, { place });
    if (flags.page !== undefined) write(flags.page, pageHtml(page));
    this.process.stdout.write(
      flags.json ? document({ schema: 1, volume, incident: found, page }) : incidentsText(volume, [found]),
    );
    if (flags.page !== undefined && !flags.json) this.process.stdout.write(`The page: ${flags.page}\n`);
  },
});

/** @throws Failed where nobody can write there */
function write(file: string, page: string): void {
  try {
    writeWhole(file, page, { replace: true });
  } catch (error) {
    throw usage(`--page: received ${file}; allowed: a file that can be written (${unwritten(error)})`);
  }
}
