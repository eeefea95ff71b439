import type { Quarantined } from './quarantine.ts';

const time = (at: number) => new Date(at).toISOString();

/** What goes with it, before anybody is asked. */
export function quarantinedText({
  volumeId,
  volume,
  sizeGiB,
  attachedTo,
  healId,
  reachesTo,
  copies,
}: Quarantined): string {
  return [
    `${volumeId}, in quarantine, of ${volume}, ${sizeGiB} GiB`,
    reachesTo === undefined
      ? 'No record says what took its place: it may hold content that nothing else has.'
      : `What took its place (heal ${healId}) has its data up to ${time(reachesTo)}.`,
    `What was written to it later is on it${copies.length > 0 ? ` and on its copies ${copies.join(', ')}` : ''} alone.`,
    ...(attachedTo === undefined
      ? []
      : [
          `It is attached to ${attachedTo}, which is asked whether it uses it; if it does not, it is detached, never by force.`,
        ]),
    'It is tagged discarded; the guard marks it and deletes it with its next rounds. Nobody can bring it back.',
    '',
  ].join('\n');
}
