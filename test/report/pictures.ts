/** Pictures for the documents: of what `npm run rehearse -- --page FILE` wrote, or of a page of `--watch` that was kept as it was. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runCommand, UsageError } from '../../rehearsal/command/command.ts';
import { CHROMIUM, noBrowser, started } from './browser.ts';

const PICTURES = join(import.meta.dirname, '../../docs/pictures');
/** The first screenful, as each is seen. */
const LIVE = { 'live.png': { width: 900, height: 700 } } as const;
const WINDOWS = {
  'incident.png': { width: 900, height: 880 },
  'incident-phone.png': { width: 360, height: 740 },
} as const;
const HELP = `Usage: npm run pictures -- FILE

Takes the pictures of docs/ with ${CHROMIUM}: of a page that npm run rehearse -- --page FILE wrote, or of one that was kept
while npm run rehearse -- --watch played.
`;

await runCommand('The pictures could not be taken', async () => {
  const [file, more] = process.argv.slice(2);
  if (file === '--help' || process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  if (file === undefined || more !== undefined)
    throw new UsageError('received no FILE, or more than one; allowed: one');
  const missing = noBrowser();
  if (missing !== undefined) throw new UsageError(missing);
  mkdirSync(PICTURES, { recursive: true });
  const browser = await started();
  try {
    const live = readFileSync(file, 'utf8').includes('http-equiv="refresh"');
    for (const [name, viewport] of Object.entries(live ? LIVE : WINDOWS)) {
      const page = await browser.newPage({ viewport });
      await page.goto(`file://${resolve(file)}`);
      await page.screenshot({ path: join(PICTURES, name) });
      process.stdout.write(`${join(PICTURES, name)}\n`);
    }
  } finally {
    await browser.close();
  }
  return 0;
});
