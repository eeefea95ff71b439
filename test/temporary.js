/**
 * All that a run of the tests puts into the temporary folder, and what it starts, is in one folder that goes with it: CDK apps
 * without an output folder leave theirs behind, some two hundred a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'remount-test-'));
  // Jest's workers inherit it, and what tests start: of some hundred processes that load the same modules the first compiles them.
  const set = { TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const before = Object.keys(set).map((name) => [name, process.env[name]]);
  Object.assign(process.env, set);
  globalThis.tidyUp = () => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    rmSync(folder, { recursive: true, force: true });
  };
}
