/** Promises of the pages that are stored: whoever is woken finds out what happened without asking the ledger. */
import type { Check, World } from '../world/world.ts';
import { check, incidents } from './checks.ts';
import type { Failure } from './measure.ts';

/** As is promised of any page (decision 40). Bytes. */
const MOST_BYTES = 200_000;
/** From a record to its page, where S3 takes it: what ended a moment ago has none yet. Milliseconds. */
const WRITTEN_MS = 5000;

/** Bucket of the pages of incidents: found by what its stack says, and not by what wrote there. */
export function pagesBucket({ services, stackName }: Pick<World, 'services' | 'stackName'>): string | undefined {
  return services.cloudFormation.outputOf(stackName, 'IncidentPagesBucket');
}

/** Of each heal that has ended since the failure there is a page, with how it ended. */
export function pagesStored(world: World, { volume, at }: Pick<Failure, 'volume' | 'at'>): Check {
  const bucket = world.services.s3.bucket(pagesBucket(world) ?? '');
  const until = world.clock.now() - WRITTEN_MS;
  const ended = incidents(world, volume, at).filter((i) => i.outcome !== 'open' && Number(i.endedAt) < until);
  const wrong = ended.flatMap(({ id, summary }) => {
    const page = bucket.current(`incidents/${volume}/${id}.html`)?.object;
    if (!page) return [`${id} has none`];
    const html = Buffer.from(page.bytes).toString();
    if (page.bytes.length > MOST_BYTES) return [`${id}: ${page.bytes.length} bytes`];
    if (page.encryption.algorithm !== 'aws:kms') return [`${id} is not encrypted by the key of the stack`];
    return [String(id), volume, ...words(summary)]
      .filter((fact) => !html.includes(fact))
      .map((fact) => `${id} lacks ${fact}`);
  });
  const promise = 'the page of each heal is in the bucket of the stack, with what happened';
  return check(promise, ended.length > 0 && wrong.length === 0, wrong.length > 0 ? wrong : `${ended.length}`);
}

/** Ids in a summary: no character of theirs is escaped. */
function words(summary: unknown): string[] {
  return String(summary).match(/\b(vol|i|snap)-[0-9a-f]+\b/g) ?? [];
}
