/** The files of `host/` as one script, for runs that go round the SSM documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const HOST = join(import.meta.dirname, '../../host');

/** A verb, and in the place of each line that sources another file of `host/`, that file. */
export function hostScript(name: string): string {
  const script = readFileSync(join(HOST, `${name}.sh`), 'utf8');
  return script.replace(/^ *\. "\$\(dirname "\$0"\)\/(\w+)\.sh"/gm, (_, sourced: string) => hostScript(sourced));
}
