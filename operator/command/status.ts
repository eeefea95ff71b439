import { setTimeout } from 'node:timers/promises';
import { buildCommand } from '@stricli/core';
import type { Connection } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { gather } from '../status/gather.ts';
import type { Status } from '../status/status.ts';
import { statusText } from '../status/text.ts';
import { exitOf, type Seen, watch } from '../status/watch.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, said, text, usage } from './kit.ts';

interface Watching {
  readonly watch?: boolean;
  readonly every?: number;
}

/** Seconds. Each look asks CloudWatch for one metric a volume: 360 an hour, 0.0036 USD (aws.amazon.com/cloudwatch/pricing). */
const EVERY = { least: 1, usual: 10, most: 3600 } as const;
/** Of a terminal: to its first line, and all of it empty. */
const CLEAR = '\x1b[H\x1b[J';

function seconds(value: string): number {
  const every = Number(value);
  if (!/^\d+$/.test(value) || every < EVERY.least || every > EVERY.most)
    throw usage(`--every: received "${value}"; allowed: whole seconds, ${EVERY.least} to ${EVERY.most}`);
  return every;
}

export const status = buildCommand<Flags & Watching, [string?], Context>({
  docs: {
    brief: 'Since when content is safe, who has what, and what a person has to do',
    fullDescription: [
      'With --watch it looks again and again. On a terminal the screen is drawn anew; elsewhere one follows the other, with --json one document a line.',
      'Example: remount status alpha --watch',
      'Exit codes: 0 all is well; 1 somebody has to look; 2 wrong usage; 4 it could not be asked. Ctrl-C ends a watch with what was seen last.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...FLAGS,
      watch: { kind: 'boolean', optional: true, withNegated: false, brief: 'look again and again, until Ctrl-C' },
      every: {
        kind: 'parsed',
        parse: seconds,
        optional: true,
        placeholder: 'SECONDS',
        brief: `seconds between two looks of --watch (default: ${EVERY.usual})`,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: text, optional: true, placeholder: 'VOLUME', brief: 'only this content volume' }],
    },
  },
  async func(flags, volume) {
    if (flags.every !== undefined && !flags.watch)
      throw usage(`--every: received ${flags.every} without --watch; allowed: together with it`);
    const { stdout } = this.process;
    let connection: Connection | undefined;
    const look = async () => {
      connection ??= await connected(this, flags);
      return gather(connection.status, volume);
    };
    if (!flags.watch) {
      const found = await look();
      stdout.write(flags.json ? document(found) : statusText(found));
      this.process.exitCode = exitOf(found);
      return;
    }
    let left = false;
    process.stdout.once('error', () => {
      left = true;
    });
    const show = (seen: Seen) => {
      stdout.write(flags.json ? lineOf(seen) : `${process.stdout.isTTY ? CLEAR : ''}${screenOf(seen)}\n`);
      return !left;
    };
    let last: number | undefined;
    const tell = (exitCode: number) => {
      last = exitCode;
      this.process.exitCode = exitCode;
    };
    const over = whenInterrupted(
      () => '',
      () => last ?? EXIT.interrupted,
    );
    const sleep = (ms: number) => setTimeout(ms);
    await watch({ look, show, sleep }, (flags.every ?? EVERY.usual) * 1000, tell).finally(over);
  },
});

const screenOf = (seen: Seen) => (seen instanceof Error ? `${said(seen)}\n` : statusText(seen as Status));
const lineOf = (seen: Seen) => `${JSON.stringify(seen instanceof Error ? { error: said(seen) } : seen)}\n`;
