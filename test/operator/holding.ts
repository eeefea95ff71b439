import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A rehearsal that is held, as a newcomer starts it. */
export interface Holding {
  readonly child: ChildProcess;
  readonly printed: string;
  end(): void;
}

/** Plays a scenario on memory disks, and holds it, for commands that this test file starts: another one may hold another beside it. */
export async function holding(scenario: string, more: readonly string[] = []): Promise<Holding> {
  const directory = mkdtempSync(join(tmpdir(), 'holding-'));
  process.env.REMOUNT_HELD = join(directory, 'held.json');
  const args = ['rehearsal/main.ts', '--disks', 'memory', '--scenario', scenario, '--hold', ...more];
  const env = { ...process.env, NODE_OPTIONS: '', CDK_VALIDATION: 'false' };
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
      if (printed.includes('Ctrl-C ends it')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${printed}`)));
  });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  return { child, printed, end };
}
