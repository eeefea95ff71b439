import * as z from 'zod/mini';
import { VOLUME_NAME } from '../../contract/contract.ts';
import { isInstanceId } from '../../contract/ids.ts';
import { WITNESS } from '../../contract/witness.ts';
import type { Said } from '../core/witness/decide.ts';

const BATCH = z.object({ Records: z.array(z.unknown()) });
const text = z.object({ S: z.string() });
const id = z.object({ S: z.string().check(z.refine(isInstanceId)) });
/** Of an item that a standby wrote, what is read. */
const RECORD = z.object({
  dynamodb: z.object({
    ApproximateCreationDateTime: z.number(),
    NewImage: z.object({ pk: text, [WITNESS.owner]: id, [WITNESS.by]: id }),
  }),
});

/**
 * What standbys have said. An item of another shape is none: a host may write what it likes, and must not hold up what others write.
 * @throws Error where it is no batch of a stream: nobody but the stream invokes this
 */
export function readSaid(event: unknown): Said[] {
  const batch = z.safeParse(BATCH, event);
  if (!batch.success)
    throw new Error(`event: received ${JSON.stringify(event)?.slice(0, 500)}; allowed: records of a stream`);
  return batch.data.Records.flatMap((each) => {
    const record = z.safeParse(RECORD, each);
    if (!record.success) return [];
    const { ApproximateCreationDateTime: seconds, NewImage } = record.data.dynamodb;
    const volume = volumeOf(NewImage.pk.S);
    const said = { owner: NewImage[WITNESS.owner].S, by: NewImage[WITNESS.by].S, at: seconds * 1000 };
    return volume === undefined ? [] : [{ volume, ...said }];
  });
}

function volumeOf(partition: string): string | undefined {
  const volume = partition.startsWith(WITNESS.partition) ? partition.slice(WITNESS.partition.length) : '';
  return VOLUME_NAME.test(volume) ? volume : undefined;
}
