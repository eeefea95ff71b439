import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMAND = join(import.meta.dirname, '../../../../host/etc/remount-journal');

/** What Node is started with on a host, where an agent runs without the host's command. @throws Error where the command has no limit of memory any more */
export function deployedFlags(): readonly string[] {
  const flags = readFileSync(COMMAND, 'utf8').match(/--[a-z][\w=-]*/g) ?? [];
  if (!flags.some((flag) => flag.startsWith('--max-old-space-size='))) throw new Error(`${COMMAND} limits no memory`);
  return flags;
}
