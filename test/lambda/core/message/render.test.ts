import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { flattened } from '../../../../contract/flat.ts';
import { MESSAGE_SEVERITY } from '../../../../contract/messages.ts';
import { dataOf } from '../../../../lambda/core/message/data.ts';
import { render } from '../../../../lambda/core/message/render.ts';
import { quoted } from '../../../../lambda/core/message/words.ts';
import { type Message, volumeOf } from '../../../../lambda/core/world/message.ts';
import { PLACE } from '../place.ts';
import { SAMPLES } from './samples.ts';

const KINDS = Object.entries(SAMPLES) as [keyof typeof SAMPLES, Message][];
const SECTIONS = readFileSync(join(import.meta.dirname, '../../../../docs/runbook.md'), 'utf8')
  .split('\n')
  .flatMap((line) => /^##+ (.+)$/.exec(line)?.[1] ?? [])
  .map((heading) => heading.toLowerCase().replaceAll(' ', '-'));

describe.each(KINDS)('a message of kind %s', (kind, message) => {
  const { subject, text } = render(message, PLACE);

  test('has a subject that SNS takes, and says of which volume it is', () => {
    expect(subject).toMatch(/^Remount: [\x20-\x7e]{1,91}$/);
    expect(subject.includes('alpha')).toBe(volumeOf(message) !== undefined);
    expect(text).not.toMatch(/undefined|\[object/);
  });

  test('says where it comes from, of what, and ends with a command that a shell takes apart as it was meant', () => {
    const [where = '', look = '', runbook] = text.split('\n').slice(-3);
    expect(where).toContain('stack Remount, account 111122223333, Region eu-west-1');
    expect(where.includes('volume alpha')).toBe(volumeOf(message) !== undefined);
    const command = look.replace('To look: ', '');
    const words = execFileSync('bash', ['--norc', '-c', `aws() { printf '%s\\n' "$@"; }; ${command}`], {
      encoding: 'utf8',
    });
    expect(words.split('\n').slice(2, 4)).toEqual(['--region', 'eu-west-1']);
    expect(words).not.toMatch(/['\\]/);
    expect(runbook).toBe('Runbook: docs/runbook.md');
  });

  test('says in words what its data say: every id', () => {
    const ids = flattened(dataOf(message)).flatMap((line) => /=((?:vol|snap|i|policy)-\w+)$/.exec(line)?.[1] ?? []);
    for (const id of ids) expect(text).toContain(id);
  });

  test('names sections of the runbook that are there', () => {
    const named: string[] = [];
    render(message, { ...PLACE, runbook: (section) => `${named.push(section ?? '')}` });
    for (const section of named.filter((name) => name !== '')) expect(SECTIONS).toContain(section);
    if (MESSAGE_SEVERITY[kind] !== 'news') expect(named.length).toBeGreaterThan(0);
  });
});

test.each(['served', 'needsPerson', 'overtaken'] as const)(
  '%s has the command for its page, which is no link that ends',
  (kind) => {
    const [command = ''] = /^As a page: (.*)$/m.exec(render(SAMPLES[kind], PLACE).text)?.slice(1) ?? [];
    const words = execFileSync('bash', ['--norc', '-c', `npm() { printf '%s\\n' "$@"; }; ${command}`], {
      encoding: 'utf8',
    });
    expect(words.trim().split('\n')).toEqual([
      ...['run', 'remount', '--', 'incident', 'alpha', 'heal-1', '--page', 'alpha-heal-1.html'],
      ...['--stack', 'Remount', '--region', 'eu-west-1'],
    ]);
  },
);

test.each(['served', 'needsPerson', 'ledgerSilent', 'waits'] as const)('%s says who has the volume', (kind) => {
  expect(render(SAMPLES[kind], PLACE).text).toMatch(/, owner i-(owner|standby)\n/);
});

test('what is in an argument stays in it', () => {
  const text = quoted(`it's "$HOME" \\ \`id\``);
  expect(execFileSync('bash', ['--norc', '-c', `printf %s ${text}`], { encoding: 'utf8' })).toBe(
    `it's "$HOME" \\ \`id\``,
  );
});
