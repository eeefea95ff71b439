import { setImmediate } from 'node:timers/promises';
import { buildCommand, type CommandContext } from '@stricli/core';
import { costOf } from '../cost/cost.ts';
import { difference } from '../cost/diff.ts';
import { isWritten } from '../cost/input.ts';
import { differenceText, monthText, optionOf } from '../cost/text.ts';
import { DEFAULT_USAGE, USAGE, type Usage, type Use } from '../cost/usage.ts';
import { EXIT, type Failed } from '../exit.ts';

interface Flags extends Usage {
  readonly stack?: string;
  readonly diff?: string;
  readonly json?: boolean;
}

const misplaced = (stack: string): Failed =>
  Object.assign(
    new Error(`--stack: received ${stack}; allowed: with an output directory of cdk synth, for settings are one stack`),
    { exitCode: EXIT.usage },
  );

const text = (value: string) => value;

/** A number that is not below nothing. */
const amountOf = (name: string) => (value: string) => {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new Error(`${optionOf(name)}: received "${value}"; allowed: a number from 0 on`);
  return number;
};

const usageFlags = Object.fromEntries(
  Object.entries(USAGE).map(([name, { default: value, unit, about }]) => [
    name,
    { kind: 'parsed', parse: amountOf(name), default: String(value), brief: `${unit}: ${about}` },
  ]),
) as unknown as Record<Use, { kind: 'parsed'; parse: (value: string) => number; default: string; brief: string }>;

export const cost = buildCommand<Flags, [string?], CommandContext>({
  docs: {
    brief: 'What a month of a configuration costs, before it is deployed',
    fullDescription: [
      'Works offline, from what cdk synth has written or from settings, and a dated table of prices.',
      `Example: remount cost --diff '{"drills":{"enabled":false}}'`,
      `Exit codes: ${EXIT.ok} printed, also where a price is not known: it is named; ${EXIT.usage} wrong usage.`,
    ].join('\n'),
  },
  parameters: {
    flags: {
      stack: { kind: 'parsed', parse: text, optional: true, brief: 'which stack, where the directory has several' },
      diff: { kind: 'parsed', parse: text, optional: true, brief: 'another CONFIG: what it costs more, line by line' },
      json: { kind: 'boolean', optional: true, brief: 'print one JSON document' },
      ...usageFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: text,
          optional: true,
          placeholder: 'CONFIG',
          brief:
            'output directory of cdk synth, a JSON file of settings, or settings as JSON (default: those of the cdk.json here)',
        },
      ],
    },
  },
  async func({ stack, diff, json, ...given }, config) {
    const usage = { ...DEFAULT_USAGE, ...given };
    if (stack !== undefined && ![config, diff].some(isWritten)) throw misplaced(stack);
    const now = await costOf(config, usage, stack);
    const other = diff === undefined ? undefined : difference(now, await costOf(diff, usage, stack));
    // Ctrl-C that came while all of it was reckoned.
    await setImmediate();
    const printed = json
      ? `${JSON.stringify(other ?? now, null, 1)}\n`
      : other
        ? differenceText(other)
        : monthText(now);
    this.process.stdout.write(printed);
  },
});
