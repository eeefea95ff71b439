import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What agents of a host said last (`commands/journal-unit`). */
export function said(root: string): string {
  const log = join(root, 'var/log/journal-unit');
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-500) : 'nothing was started';
}
