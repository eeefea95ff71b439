import { pageFile } from '../../../contract/incident-pages.ts';
import { listed } from '../../../contract/listed.ts';
import type { HealEnded, LedgerSilent, Message, Standing } from '../world/message.ts';
import type { Choice, Incident } from '../world/model.ts';
import { INSTANT, type Place, quoted, type Words } from './words.ts';

export type HealMessage = Extract<Message, { kind: HealEnded['kind'] | 'ledgerSilent' | 'waits' | 'slowMount' }>;

export function healWords(message: HealMessage, place: Place): Words {
  const { volume } = message;
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken':
      return { subject: subjectOf(message, volume), lines: ended(message, place) };
    case 'ledgerSilent':
      return {
        subject: `Remount: ${volume} needs a person`,
        lines: [
          `The ledger does not answer, and the heal of ${volume} cannot go on: ${message.reason.detail}.`,
          'Nothing is moved without it, for nobody could know who else is moving. The heal goes on by itself when it answers.',
          ...standingText(message.standing),
          ...byHand(message, place),
          `What to do: ${place.runbook('outages')}`,
        ],
      };
    case 'waits':
      return {
        subject: `Remount: the heal of ${volume} waits for ${message.reason.service}`,
        lines: [
          `${message.reason.service} does not answer, and the heal of ${volume} waits for it: ${message.reason.detail}.`,
          'It goes on by itself when it answers.',
          ...standingText(message.standing),
          `What to do: ${place.runbook('outages')}`,
        ],
      };
    case 'slowMount':
      return {
        subject: `Remount: ${volume} is mounted slowly`,
        lines: [
          `${message.volumeId} is being mounted on ${message.instanceId}, and moves on: ${message.progress} sectors so far. It is waited for, for`,
          `${message.seconds} s at most: another copy would take as long. ${volume} is not served meanwhile.`,
          `Nothing has to be done: ${place.runbook('slow-mount')}`,
        ],
      };
  }
}

function subjectOf({ kind, incident }: HealEnded, volume: string): string {
  if (kind === 'overtaken') return `Remount: what a heal of ${volume} found before another took over`;
  if (kind === 'needsPerson') return `Remount: ${volume} needs a person`;
  return `Remount: ${volume} is served${incident.replacement ? ' again, from a snapshot' : ''}`;
}

/** Steps of a heal that a message has: as many as a heal that waits for nothing has, and some. */
const STEPS = 40;

function ended({ incident, rejected }: HealEnded, place: Place): string[] {
  const rest = `all of them: the incident in the ledger, ${place.runbook('where-the-record-is')}`;
  const steps = incident.steps.map((s) =>
    `${INSTANT(s.startedAt)} ${s.name} ${((s.endedAt - s.startedAt) / 1000).toFixed(1)} s ${s.note}`.trimEnd(),
  );
  return [
    incident.summary,
    '',
    `Incident ${incident.id}, started by ${incident.trigger.kind}: ${incident.trigger.reason}`,
    `As a page: ${pageCommand(incident, place)}`,
    ...replaced(incident, place),
    ...journalText(incident, place),
    ...(incident.passedOver.length > 0
      ? [
          `Newer copies were not taken, for nobody has verified them, they are from after the failure, or the spare was quicker: ${listed(incident.passedOver, { rest })}.`,
        ]
      : []),
    ...rejected.map((x) => `Rejected recovery point ${x.snapshotId} (kept as ${x.volumeId}): ${x.why}`),
    '',
    listed(steps, { between: '\n', most: STEPS, rest }),
  ];
}

/** Of the record, or of the page that is stored: docs/operate.md. */
function pageCommand(incident: Incident, { stack, region }: Place): string {
  const { volume, id } = incident;
  const where = `--stack ${quoted(stack)} --region ${quoted(region)}`;
  return `npm run remount -- incident ${quoted(volume)} ${quoted(id)} --page ${quoted(pageFile(incident))} ${where}`;
}

function replaced({ replacement: r, lessRoom }: Incident, place: Place): string[] {
  if (!r) return [];
  return [
    `Data reach up to ${INSTANT(r.recoveryPointAt)} (${r.snapshotId}, ${r.moreFiles ? 'at least ' : ''}${r.files} files). The old volume ${r.oldVolume} is kept in quarantine.`,
    ...(r.cold
      ? [
          `${r.newVolume} loads each block from the snapshot when that is first read: content answers late until it was read once. ${place.runbook('cold')}`,
        ]
      : []),
    ...(r.choice ? [choiceText(r.choice)] : []),
    ...(lessRoom
      ? [
          `${r.newVolume} has ${lessRoom.now} GiB, and ${r.oldVolume} has ${lessRoom.before}: it was made before that grew. What to do: ${place.runbook('less-room')}`,
        ]
      : []),
  ];
}

/** Where what serves may lack something that the journal has. */
function journalText({ drained }: Incident, place: Place): string[] {
  if (!drained || drained.state === 'drained') return [];
  return [
    `What serves may lack what stands in the journal after number ${drained.cursor ?? 0}. It is not put there by itself, and stays in the journal's objects until those expire. ${place.runbook('journal')}`,
  ];
}

function choiceText({ taken, spare, minutes, longerSeconds, why, ...choice }: Choice): string {
  const newer = choice.newer ?? 'a newer recovery point';
  if (taken === 'spare')
    return `The spare (${spare}) was taken, and not ${newer}, which is verified too: that gave up ${minutes} min of uploads.${why === undefined ? '' : ` It was to be taken, and was not: ${why}`}`;
  return `${newer} was taken, and not the spare (${spare}), which was ready: ${minutes} min of uploads more, for ${longerSeconds} s more.`;
}

const BY: Readonly<Record<Standing['by'], string>> = {
  ledger: 'the ledger',
  tags: 'the tags in EC2',
  nobody: 'nobody',
};

/** One a line: only what was seen, and who said it. */
function standingText({ at, current, probe, spare, by: word, silent }: Standing): string[] {
  const by = BY[word];
  return [
    `How it stands, seen at ${INSTANT(at)} without ${silent.join(' and ')}:`,
    current
      ? `- By ${by} the current volume is ${current.volumeId} on ${current.instanceId}${probe ? `, whose probe says ${probe.state}: ${probe.detail}` : '; its probe could not be asked'}.`
      : `- Which volume is current ${word === 'nobody' ? 'could not be asked' : `${by} do not say`}.`,
    spare
      ? `- By ${by} the spare is ${spare.volumeId} on ${spare.instanceId}${spare.snapshotId ? `, made from ${spare.snapshotId}` : ''}.`
      : `- ${word === 'nobody' ? 'Whether there is a spare could not be asked' : `By ${by} there is no spare`}.`,
  ];
}

function byHand({ commands }: LedgerSilent, { region }: Place): string[] {
  if (commands.length === 0) return [];
  return [
    'To let the spare serve by hand, one after the other, each once the one before has said that it is done:',
    ...commands.map((command) => `${command} --region ${quoted(region)}`),
  ];
}
