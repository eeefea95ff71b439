import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../rehearsal/command/command.ts';
import { contextArguments, readContext } from '../../rehearsal/world/context.ts';

describe('what -c gives', () => {
  test('a key, and everything after the first equals sign', () => {
    expect(readContext(['remount={"stackName":"a=b"}', '@aws-cdk/core:checkSecretUsage=true'])).toEqual({
      remount: '{"stackName":"a=b"}',
      '@aws-cdk/core:checkSecretUsage': 'true',
    });
    expect(readContext([])).toEqual({});
  });

  test('of a key that is given twice, the last', () => {
    expect(readContext(['remount={}', 'remount={"instancesPerZone":3}'])).toEqual({
      remount: '{"instancesPerZone":3}',
    });
  });

  test('an empty text, where nothing is after it', () => {
    expect(readContext(['remount='])).toEqual({ remount: '' });
  });

  test.each([
    ['remount', 'received "remount"; allowed: KEY=VALUE'],
    ['', 'received ""; allowed: KEY=VALUE'],
    ['=1', 'received the key ""; allowed: remount'],
    ['aws:cdk:path=1', 'received the key "aws:cdk:path"; allowed: remount'],
    ['Remount={}', 'received the key "Remount"; allowed: remount'],
  ])('%j is refused', (given, message) => {
    expect(() => readContext(['remount={}', given])).toThrow(UsageError);
    expect(() => readContext(['remount={}', given])).toThrow(message);
  });
});

describe('arguments that give a context again', () => {
  test('none, for none', () => {
    expect(contextArguments()).toBe('');
    expect(contextArguments({})).toBe('');
  });

  test('a shell takes them as they were', () => {
    const context = { remount: `{"web": {"cacheControl": "it's $HOME, \\"no\\" \\\\"}}`, '@aws-cdk/x': '' };
    const shown = execFileSync('sh', ['-c', `printf '%s\\n'${contextArguments(context)}`], { encoding: 'utf8' });
    const args = shown.trimEnd().split('\n');
    expect(args.filter((_, n) => n % 2 === 0)).toEqual(['-c', '-c']);
    expect(readContext(args.filter((_, n) => n % 2 === 1))).toEqual(context);
  });
});
