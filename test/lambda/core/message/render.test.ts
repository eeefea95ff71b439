import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MESSAGE_SEVERITY } from '../../../../contract/messages.ts';
import { render } from '../../../../lambda/core/message/render.ts';
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

  test('names sections of the runbook that are there', () => {
    const named: string[] = [];
    render(message, { ...PLACE, runbook: (section) => `${named.push(section ?? '')}` });
    for (const section of named.filter((name) => name !== '')) expect(SECTIONS).toContain(section);
    if (MESSAGE_SEVERITY[kind] !== 'news') expect(named.length).toBeGreaterThan(0);
  });
});
