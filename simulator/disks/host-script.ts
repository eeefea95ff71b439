/** Files of `host/` as one script, for what the rehearsal runs beside the SSM documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const HOST = join(import.meta.dirname, '../../host');

/** A file of `host/`, and in the place of each line that sources another one, that file. */
export function hostScript(name: string): string {
  const script = readFileSync(join(HOST, `${name}.sh`), 'utf8');
  return script.replace(/^ *\. "\$\(dirname "\$0"\)\/(\w+)\.sh"/gm, (_, sourced: string) => hostScript(sourced));
}
