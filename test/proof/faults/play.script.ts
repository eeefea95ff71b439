/** Plays schedules in a process of its own, as Jest's module loader would slow them down; prints the results as JSON. */

import { play } from '../../../proof/faults/play.ts';
import { readSchedule } from '../../../proof/faults/schedule.ts';
import { grounds } from '../../../proof/faults/stacks.ts';
import { STORIES } from '../../../proof/faults/stories.ts';
import { withDirectory } from '../../../rehearsal/world/rehearse.ts';
import { TAMPERS, type Tamper } from './tampers.ts';

export interface Request {
  readonly story: string;
  readonly seed: number;
  readonly schedule: string;
  readonly tamper?: Tamper;
  readonly durable?: boolean;
}

const requests = JSON.parse(process.argv[2] ?? '[]') as Request[];
await withDirectory(async (directory) => {
  const names = [...new Set(requests.map((r) => r.story))];
  const stacks = await grounds(directory, names);
  const results = [];
  for (const { story: name, seed, schedule, tamper, durable = false } of requests) {
    const ground = stacks.get(name);
    const story = STORIES[name];
    if (!ground || !story) throw new Error(`no story ${name}`);
    const faults = readSchedule(schedule);
    const options = { story, seed, schedule: faults, durable, ...(tamper && { tamper: TAMPERS[tamper] }) };
    const { broken, digest, fired, heals, served, points } = await play(ground, options);
    results.push({ broken, digest, fired: fired.length, heals, served, points: Object.fromEntries(points) });
  }
  process.stdout.write(JSON.stringify(results));
});
