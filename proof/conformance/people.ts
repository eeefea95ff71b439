import { COMMANDS, type Command, DAY_SETTINGS, withPeople } from '../permissions/people.ts';
import { Stacks } from '../permissions/survey.ts';
import type { Hear } from './play.ts';

/** Runs every command of people once, at a day that is held, and shows what it asks AWS. @returns those that did not do their work */
export async function playPeople(directory: string, hear: Hear): Promise<string[]> {
  const broken: string[] = [];
  await withPeople(await new Stacks(directory).of(DAY_SETTINGS), async ({ services, holders, run }) => {
    for (const command of Object.keys(COMMANDS) as Command[]) {
      services.cloud.witness = (exchange) => hear(exchange, `remount ${command}`);
      const { code, text } = await run(command, holders.operator);
      if (code !== 0 && code !== 1) broken.push(`remount ${command} (exit code ${code}: ${text.trim()})`);
    }
    services.cloud.witness = undefined;
  });
  return broken;
}
