import { described } from '../world/answers.ts';
import { message } from '../world/attempt.ts';
import type { Journal } from '../world/journal.ts';
import type { Spare } from '../world/model.ts';
import type { DrillPorts } from './ports.ts';

/**
 * Where there is a journal: has the spare's host apply it onto the spare, from now on. Done already: nothing to do, so each sweep asks for it, and a host that
 * was booted, or an agent that ended, goes on. The ledger is asked which volume that is, and the host which it has (`host/follow.sh`). Whatever comes of it
 * is noted, and is no failure of the drill: a spare that nobody follows serves as well, and an alarm says that it is behind.
 */
export async function followSpare(ports: DrillPorts, journal: Journal, volume: string): Promise<void> {
  if (!ports.journaled) return;
  await journal.act(
    'follow-spare',
    async () => {
      const spare = (await ports.ledger.read(volume))?.spare;
      return spare ? ask(ports, volume, spare) : 'no spare';
    },
    (note) => note,
  );
}

async function ask({ host }: DrillPorts, volume: string, { instanceId, volumeId }: Spare): Promise<string> {
  try {
    return `${volumeId} on ${instanceId}: ${described(await host.follow(instanceId, volume, volumeId))}`;
  } catch (error) {
    return `${volumeId} on ${instanceId}: ${message(error)}`;
  }
}
