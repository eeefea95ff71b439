import * as z from 'zod/mini';
import { VOLUME_NAME } from '../../contract/contract.ts';
import { HEAL_ID } from '../../contract/incident-pages.ts';
import { incidentIn } from '../../report/record.ts';
import type { Incident } from '../core/world/model.ts';

const BATCH = z.object({ Records: z.array(z.unknown()) });
/** Of the record of an incident in the ledger (`lambda/aws/dynamodb/ledger.ts`), what is read. */
const RECORD = z.object({ dynamodb: z.object({ NewImage: z.object({ incident: z.object({ S: z.string() }) }) }) });

/**
 * Incidents as the ledger has just recorded them, oldest first; `undefined` for a record that nobody can read: it must not hold up those behind it.
 * @throws Error where it is no batch of a stream: nobody but the stream invokes this
 */
export function readRecorded(event: unknown): (Incident | undefined)[] {
  const batch = z.safeParse(BATCH, event);
  if (!batch.success)
    throw new Error(`event: received ${JSON.stringify(event)?.slice(0, 500)}; allowed: records of a stream`);
  return batch.data.Records.map((each) => {
    const record = z.safeParse(RECORD, each);
    const incident = record.success ? incidentIn(record.data.dynamodb.NewImage.incident.S) : undefined;
    // Both get into a key.
    return incident && VOLUME_NAME.test(incident.volume) && HEAL_ID.test(incident.id) ? incident : undefined;
  });
}
