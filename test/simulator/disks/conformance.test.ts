import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MemoryDisks } from '../../../simulator/disks/memory/memory.ts';
import { realDiskTest, runScript } from './real-disk-test.ts';
import { playSequence } from './sequence.ts';

const Answers = z.object({ answers: z.array(z.string()), kernelLog: z.array(z.string()) });
const realTest = realDiskTest();

describe('both kinds of disk', () => {
  realTest('give the same answers to the same operations', () => {
    const real = Answers.parse(runScript(join(import.meta.dirname, 'sequence.script.ts')));
    expect(real.answers).toEqual(playSequence(new MemoryDisks()));
    expect(real.kernelLog.filter((line) => line.includes('Shutting down filesystem')).length).toBeGreaterThan(0);
  });

  test('the sequence reaches each exit code that the model has', () => {
    const codes = new Set(
      playSequence(new MemoryDisks()).flatMap((answer) => {
        const code = /: \[(\d+),\{/.exec(answer)?.[1];
        return code === undefined ? [] : [Number(code)];
      }),
    );
    expect([...codes].sort((a, b) => a - b)).toEqual([0, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30, 33, 64]);
  });

  test('the model gives the same answers again', () => {
    expect(playSequence(new MemoryDisks())).toEqual(playSequence(new MemoryDisks()));
  });
});
