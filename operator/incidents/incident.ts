import type { Incident } from '../../lambda/core/world/model.ts';
import { EXIT } from '../exit.ts';

/** So many are looked through. */
export const MOST_INCIDENTS = 1000;
/** So many ids are named where none fits. */
const NAMED = 5;

/** No record of that id. */
export class UnknownIncident extends Error {
  override readonly name = 'UnknownIncident';
  readonly exitCode = EXIT.usage;

  constructor(id: string | undefined, volume: string, ids: readonly string[]) {
    const known = ids.length > 0 ? ids.slice(0, NAMED).join(', ') : 'none, for nothing is on record';
    super(`ID: received ${id ?? 'nothing'}; allowed of ${volume}: ${known}${ids.length > NAMED ? ', ...' : ''}`);
  }
}

/** @param id @default the newest. @throws UnknownIncident */
export function chosen(volume: string, incidents: readonly Incident[], id: string | undefined): Incident {
  const found = id === undefined ? incidents[0] : incidents.find((incident) => incident.id === id);
  if (!found)
    throw new UnknownIncident(
      id,
      volume,
      incidents.map((incident) => incident.id),
    );
  return found;
}
