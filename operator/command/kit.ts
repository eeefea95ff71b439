import type { CommandContext } from '@stricli/core';
import { type Connection, connect, type Place, realRuntime } from '../connect.ts';
import { EXIT, type Failed } from '../exit.ts';

/** What the command line is given from outside. */
export interface Context extends CommandContext {
  readonly process: CommandContext['process'] & { exitCode?: number | string | null | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a held rehearsal is. @throws Failed where there is none */
  readonly rehearsal: () => Promise<Place>;
}

/** What each command that asks AWS takes. */
export interface Flags {
  readonly stack?: string;
  readonly region?: string;
  readonly rehearsal?: boolean;
  readonly json?: boolean;
}

const REGION = /^[a-z0-9]+(-[a-z0-9]+)+$/;

export const text = (value: string) => value;
export const FLAGS = {
  stack: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'name of the stack (default: REMOUNT_STACK, else Remount)',
  },
  region: { kind: 'parsed', parse: text, optional: true, brief: 'AWS Region (default: AWS_REGION)' },
  rehearsal: { kind: 'boolean', optional: true, brief: 'look at the rehearsal that npm run rehearse -- --hold keeps' },
  json: { kind: 'boolean', optional: true, brief: 'print one JSON document' },
} as const;

/** @throws Failed saying which setting is missing */
export async function connected({ env, rehearsal }: Context, flags: Flags): Promise<Connection> {
  if (flags.rehearsal) return connect(await rehearsal());
  const region = flags.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (!region) throw usage('--region: received nothing; allowed: a Region, such as eu-west-1, here or as AWS_REGION');
  // It becomes part of a host's name.
  if (!REGION.test(region))
    throw usage(`--region: received ${region}; allowed: a Region, such as eu-west-1, here or as AWS_REGION`);
  return connect({ stack: flags.stack ?? env.REMOUNT_STACK ?? 'Remount', region, runtime: realRuntime(region) });
}

/** One line: what is wrong, and what is allowed. */
export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const usage = (message: string): Failed => Object.assign(new Error(message), { exitCode: EXIT.usage });
export const document = (value: object): string => `${JSON.stringify(value, null, 1)}\n`;
