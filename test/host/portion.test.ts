import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Verb = z.tuple([z.number(), z.record(z.string(), z.string()), z.string()]);
/** Three courses of four files and a manifest. */
const FILES = 15;

describe('a check that reads a part of the content, on real XFS', () => {
  realTest('reads each file in its turn, what changed always, and says what it left', () => {
    const script = join(import.meta.dirname, 'portion.script.ts');
    const answers = z.record(z.string(), z.unknown()).parse(runScript(script));
    const of = (name: string) => {
      const [code, keys, stderr] = Verb.parse(answers[name]);
      return { code, keys, stderr, counts: Object.fromEntries(Object.entries(keys).map(([k, v]) => [k, Number(v)])) };
    };
    const sound = (name: string) => {
      const { code, keys, counts } = of(name);
      expect([name, code, keys.state, keys.complete]).toEqual([name, EXIT.ok, 'sound', 'true']);
      expect([name, Number(counts.checked) + Number(counts.resting)]).toEqual([name, FILES]);
      expect(counts).toMatchObject({ files: FILES, deferred: 0, behind: 0 });
      return Number(counts.checked);
    };

    expect(sound('all')).toBe(FILES);
    const parts = [0, 1, 2, 3].map((part) => sound(`part ${part}`));
    expect(parts.reduce((sum, count) => sum + count)).toBe(FILES);
    expect(Math.max(...parts)).toBeLessThan(FILES);
    expect(sound('with what changed shortly before')).toBe(FILES);
    expect(sound('where the clock is behind')).toBe(FILES);
    expect(sound('of one part')).toBe(FILES);

    expect(sound('rot, and not its turn')).toBeLessThan(FILES);
    expect(of('rot, in its turn')).toMatchObject({
      code: EXIT.altered,
      stderr: expect.stringMatching(/^differs: courses\/two\/b\n/),
    });
    expect(of('rot of a live volume, in its turn')).toMatchObject({ code: EXIT.ok, keys: { suspect: '1' } });
    expect(of('the next copy, and not its turn')).toMatchObject({
      code: EXIT.altered,
      stderr: expect.stringMatching(/^differs: courses\/one\/c\n/),
    });
    for (const part of [0, 1])
      expect(of(`changed since, and damaged: part ${part}`)).toMatchObject({
        code: EXIT.altered,
        stderr: expect.stringMatching(/^differs: courses\/three\/a\n/),
      });

    const { counts, keys } = of('no time');
    expect(keys).toMatchObject({ state: 'sound', complete: 'false', checked: '0' });
    // The file, and its manifest.
    expect(counts.behind).toBe(2);
    expect(Number(counts.deferred) + Number(counts.resting)).toBe(FILES);
    const wrong = Object.keys(answers).filter((name) => name.startsWith('portion '));
    expect(wrong).toHaveLength(8);
    for (const name of wrong) expect([name, of(name).code]).toEqual([name, EXIT.usage]);
  });
});
