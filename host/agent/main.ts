/**
 * The journal's agent on a host: `main.ts COMMAND SETTINGS [term=N] [writer=ID] [moment=TIME] [deadline=SECONDS] [margin=SECONDS]`. README.md has the commands; what each
 * prints are lines of `key=value`, the state first.
 */
import { drain, flush, followOn, type Said, status, write } from './cli/commands.ts';
import { failureOf } from './cli/failure.ts';
import { intake } from './cli/intake.ts';
import { readSettings, type Settings, UsageError } from './cli/settings.ts';

const COMMANDS: Readonly<Record<string, (settings: Settings) => Promise<Said>>> = {
  write,
  follow: followOn,
  flush,
  status,
  drain,
};
/** It has settings of its own. */
const INTAKE = 'intake';

async function main([name = '', file = '', ...more]: readonly string[]): Promise<Said> {
  if (name === INTAKE && file !== '' && more.length === 0) return intake(file);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || file === '')
    throw new UsageError(
      `received "${name} ${file}"; allowed: ${[...Object.keys(COMMANDS), INTAKE].join(', ')}, and a settings file`,
    );
  return command(await readSettings(file, more));
}

const { state, values = {}, code = 0 } = await main(process.argv.slice(2)).catch(failureOf);
console.log(`state=${state}`);
for (const [key, value] of Object.entries(values))
  if (value !== null) console.log(`${key}=${`${value}`.replaceAll('\n', ' ')}`);
process.exit(code);
