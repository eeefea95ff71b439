import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { join } from 'node:path';
import { isRunning } from '../../../rehearsal/world/rehearse.ts';
import { CannotRun } from '../cannot-run.ts';
import { must, run } from './run.ts';

export const CACHE = join(import.meta.dirname, '../../../.cache/conformance');
const FOLDER = join(import.meta.dirname);
/** Its own file: the emulators want an older one than the newest models. */
const MODELS = join(FOLDER, 'requirements-models.txt');
const TOOLS = join(FOLDER, 'requirements.txt');
const INSTALL_SECONDS = 900;

/** Where Python's part is installed: pinned, in `.cache/`, under the hash of what is pinned. */
export interface Python {
  /** `botocore/data`: AWS's service models. */
  readonly models: string;
  /** A program of the virtual environment. */
  program(name: string): string;
  version(name: string): string;
}

/** Installs what is not there yet. @throws CannotRun where this machine has no Python that makes virtual environments */
export async function python(say: (what: string) => void): Promise<Python> {
  const probe = await run(['python3', '-c', 'import venv, ensurepip'], { seconds: 60 }).catch(() => undefined);
  if (probe?.code !== 0)
    throw new CannotRun('Python 3 with the modules venv and ensurepip is needed (Debian: python3 and python3-venv)');
  const home = join(CACHE, `python-${hash(TOOLS, MODELS)}`);
  if (!existsSync(join(home, 'complete'))) await install(home, say);
  // The models' own first: the emulators bring an older botocore, whose models nobody reads here.
  const pins = `${readFileSync(MODELS, 'utf8')}\n${readFileSync(TOOLS, 'utf8')}`;
  return {
    models: join(home, 'models', 'botocore', 'data'),
    program: (name) => join(home, 'venv', 'bin', name),
    version: (name) => {
      const found = new RegExp(`^${name}(?:\\[[a-z]+\\])?==(\\S+)$`, 'mi').exec(pins)?.[1];
      if (found === undefined) throw new Error(`${name} is pinned nowhere`);
      return found;
    },
  };
}

/** A virtual environment cannot be moved: it is made in its place, by one process at a time, and is good once it says so. */
async function install(home: string, say: (what: string) => void): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const lock = `${home}.lock`;
  const holder = takeLock(lock);
  if (holder !== undefined)
    throw new CannotRun(`process ${holder} is installing Python's part at this moment: try again when it is done`);
  try {
    for (const name of readdirSync(CACHE))
      if (/^python-[0-9a-f]+$/.test(name)) rmSync(join(CACHE, name), { recursive: true, force: true });
    say("Installing Python's part into .cache/conformance (once) ...");
    const limits = { seconds: INSTALL_SECONDS };
    await must(['python3', '-m', 'venv', join(home, 'venv')], limits);
    const pip = [join(home, 'venv', 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    await must([...pip, '--only-binary=:all:', '--no-compile', '--target', join(home, 'models'), '-r', MODELS], limits);
    await must([...pip, '-r', TOOLS], limits);
    writeFileSync(join(home, 'complete'), '');
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @returns who has it, where somebody has */
function takeLock(lock: string): number | undefined {
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return undefined;
    } catch {
      const pid = Number(readFileSync(lock, 'utf8'));
      if (isRunning(pid)) return pid;
      rmSync(lock, { force: true });
    }
  }
  throw new CannotRun(`${lock} could not be taken`);
}

function hash(...files: readonly string[]): string {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(file));
  return sum.digest('hex').slice(0, 16);
}
