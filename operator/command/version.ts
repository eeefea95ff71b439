import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of the package that this is in, or of the clone. */
export function version(): string {
  for (let directory = import.meta.dirname; directory !== dirname(directory); directory = dirname(directory))
    try {
      const { name, version: found } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      if (name === 'remount') return String(found);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  return 'unknown';
}
