import { isStopped, type Stop } from '../world/journal.ts';
import { healing } from './decide.ts';
import type { DrillPorts } from './ports.ts';

/** @returns why it was stopped, where it yields to a heal */
export async function unlessYields<T>(run: () => Promise<T>): Promise<T | { readonly stopped: string }> {
  try {
    return await run();
  } catch (error) {
    if (isStopped(error, 'yields')) return { stopped: error.message };
    throw error;
  }
}

/** Whether it is in the way of a heal, or has had its time. @param until Unix milliseconds */
export async function mayGoOn(
  ports: Pick<DrillPorts, 'clock' | 'ledger'>,
  volume: string,
  until: number,
): Promise<Stop | undefined> {
  const yields = (to: string): Stop => ({ tag: 'yields', why: `${volume}: the drill yields: ${to}` });
  if (ports.clock.now() >= until) return yields('its time is over');
  return healing(await ports.ledger.read(volume), ports.clock.now()) ? yields('a heal is under way') : undefined;
}
