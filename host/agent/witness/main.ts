/**
 * The witness of a host: `main.ts SETTINGS`, a file of JSON. Asks the owners of content volumes whether they serve, and says where one does not, until
 * SIGTERM. README.md of `host/agent/`.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { EXIT } from '../../../contract/contract.ts';
import { WATCH } from '../../../contract/witness.ts';
import { Watch } from '../../../witness/watch.ts';
import { domainOf, isWell } from './ask.ts';
import { tables } from './tables.ts';

const name = z.string().check(z.minLength(1));
/** The settings file. */
const SETTINGS = z.strictObject({
  region: name,
  /** Name of the ledger's table. */
  ledger: name,
  /** Name of the witnesses' table. */
  table: name,
  /** This instance. */
  self: name,
  /** Content volumes of its zone. */
  volumes: z.array(name),
  /** In tests: of DynamoDB; and where owners are asked, with `OWNER` for the id. */
  endpoint: z.optional(name),
  ask: z.optional(name),
});
type Settings = z.output<typeof SETTINGS>;

async function settingsOf(file: string | undefined): Promise<Settings> {
  try {
    return SETTINGS.parse(JSON.parse(await readFile(file ?? '', 'utf8')));
  } catch (error) {
    console.error(`remount: settings ${file}: ${(error as Error).message}`);
    console.log('state=usage');
    process.exit(EXIT.usage);
  }
}

const settings = await settingsOf(process.argv[2]);
const where = settings.ask ?? `http://OWNER.${domainOf(settings.region)}`;
const world = {
  ...tables(settings),
  self: settings.self,
  now: () => performance.now(),
  asks: (owner: string, volume: string) => isWell(`${where.replace('OWNER', owner)}/healthz/${volume}`),
};
/** What was said last of each, so that an hour of the same is a line. */
const trouble = new Map<string, string>();

/** Turns of one content volume: the next begins once this one has ended. */
function watch(volume: string): void {
  const watched = new Watch(world, volume);
  const turn = async () => {
    const beganAt = performance.now();
    try {
      await watched.turn();
      trouble.delete(volume);
    } catch (error) {
      const why = (error as Error).message;
      if (trouble.get(volume) !== why) console.error(`remount: nothing can be said of ${volume}: ${why}`);
      trouble.set(volume, why);
    }
    setTimeout(turn, Math.max(0, watched.pauseMs - (performance.now() - beganAt)));
  };
  setTimeout(turn, WATCH.askMs);
}

for (const volume of settings.volumes) watch(volume);
// With nothing to watch it stays, for systemd would start it over and over.
if (settings.volumes.length === 0) setInterval(() => {}, WATCH.againMs);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    console.log('state=stopped');
    process.exit(EXIT.ok);
  });
