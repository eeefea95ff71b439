/**
 * All that a run of the tests puts into the temporary folder, and what it starts, is in one folder that goes with it: CDK apps
 * without an output folder leave theirs behind, some two hundred a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'remount-test-'));
  const before = process.env.TMPDIR;
  // Jest's workers inherit it.
  process.env.TMPDIR = folder;
  globalThis.tidyUp = () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
