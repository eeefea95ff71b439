import { buildCommand } from '@stricli/core';
import { pageKey } from '../../contract/incident-pages.ts';
import type { Incident } from '../../lambda/core/world/model.ts';
import { pageOf } from '../../report/incident.ts';
import { pageHtml } from '../../report/page.ts';
import type { StoredPages } from '../aws/pages.ts';
import { chosen, MOST_INCIDENTS } from '../incidents/incident.ts';
import { incidentsText } from '../incidents/text.ts';
import { unwritten, writeWhole } from './file.ts';
import { type Context, connected, document, FLAGS, type Flags, said, text, usage } from './kit.ts';

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
    const { incidents: ask, place, pages } = await connected(this, flags);
    let found: Incident;
    try {
      found = chosen(volume, await ask(volume, id === undefined ? 1 : MOST_INCIDENTS), id);
    } catch (error) {
      // The record is gone, or the ledger out; the page that was made of it is elsewhere.
      const key = await writeStored(pages, { volume, id, file: flags.page, why: said(error) });
      if (key === undefined) throw error;
      this.process.stdout.write(
        flags.json
          ? document({ schema: 1, volume, stored: key, why: said(error) })
          : `${said(error)}\nThe page, as it was stored: ${flags.page} (${key})\n`,
      );
      return;
    }
    const page = pageOf(found, { place });
    if (flags.page !== undefined) write(flags.page, pageHtml(page));
    this.process.stdout.write(
      flags.json ? document({ schema: 1, volume, incident: found, page }) : incidentsText(volume, [found]),
    );
    if (flags.page !== undefined && !flags.json) this.process.stdout.write(`The page: ${flags.page}\n`);
  },
});

/**
 * @returns its key; `undefined`: no page is asked for by an id, or there is none
 * @throws Error where it may not be read; so S3 calls it, too, where there is none, to whoever may not list the bucket
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)
 */
async function writeStored(
  pages: StoredPages,
  {
    volume,
    id,
    file,
    why,
  }: { readonly volume: string; readonly id?: string; readonly file?: string; readonly why: string },
): Promise<string | undefined> {
  if (id === undefined || file === undefined) return undefined;
  const page = await pages.read(volume, id).catch((error: unknown) => {
    throw new Error(`${why}; and no page of it is there, or it may not be read: ${said(error)}`);
  });
  if (page === undefined) return undefined;
  write(file, page);
  return pageKey({ volume, id });
}

/** @throws Failed where nobody can write there */
function write(file: string, page: string): void {
  try {
    writeWhole(file, page, { replace: true });
  } catch (error) {
    throw usage(`--page: received ${file}; allowed: a file that can be written (${unwritten(error)})`);
  }
}
