import type { ReasonCode } from '../contract/reasons.ts';
import { reasonText } from '../lambda/core/message/reason-words.ts';
import type { Incident, StepRecord } from '../lambda/core/world/model.ts';
import type { Achieved, Decided, Lane, Lost, PageData, PageEvent } from './data.ts';

/** What each rehearsal holds a heal to (docs/failure-modes.md). Milliseconds. */
const OBJECTIVE = { recoveryTime: 5 * 60_000, journaled: 3000, verified: 75 * 60_000 } as const;

/** What others than the healer saw. Times are Unix milliseconds. */
export interface Seen {
  readonly failedAt?: number;
  /** By whose word. @default world */
  readonly by?: 'world' | 'probe';
  readonly servingAt?: number;
  readonly recoveryPointAt?: number;
  readonly events?: readonly PageEvent[];
  /** Files that are not there any more, where each was read back. */
  readonly lost?: readonly string[];
  readonly damage?: NonNullable<PageData['damage']>;
}

/** What is not in the record. */
export interface Beside {
  readonly place: PageData['place'];
  readonly replay?: string;
  readonly seen?: Seen;
}

/** The page's data of a heal's record, and of what else was seen. */
export function pageOf(incident: Incident, { place, replay, seen = {} }: Beside): PageData {
  const { id, volume, outcome, summary, trigger, startedAt, endedAt, steps, replacement } = incident;
  const failed = failedOf(incident, seen);
  const servingAt = seen.servingAt ?? servingOf(incident);
  const recoveryPoint = recoveryPointOf(incident, seen, failed.at);
  return {
    schema: 1,
    volume,
    id,
    place,
    ...(replay !== undefined && { replay }),
    outcome,
    summary,
    trigger: trigger.reason,
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    failed,
    ...(servingAt !== undefined && {
      servingAt,
      recoveryTime: { ms: servingAt - failed.at, objectiveMs: OBJECTIVE.recoveryTime },
    }),
    ...(recoveryPoint && { recoveryPoint }),
    ...(seen.damage && { damage: seen.damage }),
    events: eventsOf(incident, failed.at, servingAt, seen.events ?? []),
    steps: steps
      .filter(({ name }) => !ROUTINE.test(name))
      .map((s) => ({ at: s.startedAt, ms: s.endedAt - s.startedAt, name: s.name, note: s.note })),
    decisions: decisionsOf(incident),
    lost: lostOf(incident, seen, failed.at, replacement?.oldVolume),
  };
}

function failedOf({ trigger, startedAt }: Incident, { failedAt, by = 'world' }: Seen): PageData['failed'] {
  if (failedAt !== undefined) return { at: failedAt, by };
  return trigger.at === undefined ? { at: startedAt, by: 'heal' } : { at: trigger.at, by: 'alarm' };
}

/** When content was served again, by the record alone. */
function servingOf({ outcome, replacement, steps, endedAt }: Incident): number | undefined {
  if (replacement) return replacement.servingAt;
  return outcome === 'healed' ? (steps.findLast(({ name }) => name === 'serve')?.endedAt ?? endedAt) : undefined;
}

function recoveryPointOf(
  { replacement, drained }: Incident,
  { recoveryPointAt, lost }: Seen,
  failedAt: number,
): (Achieved & { readonly at: number; readonly atMost: boolean }) | undefined {
  const at = recoveryPointAt ?? replacement?.recoveryPointAt;
  if (at === undefined) return undefined;
  const objectiveMs = drained?.state === 'drained' ? OBJECTIVE.journaled : OBJECTIVE.verified;
  return { at, ms: Math.max(0, failedAt - at), objectiveMs, atMost: lost === undefined };
}

/** Of what serves now. */
function lostOf({ replacement, outcome, drained }: Incident, seen: Seen, failedAt: number, keptOn?: string): Lost {
  const kept = keptOn === undefined ? {} : { keptOn };
  if (seen.lost)
    return seen.lost.length > 0 ? { kind: 'named', names: seen.lost, ...kept } : { kind: 'nothing', by: 'compared' };
  if (!replacement)
    return outcome === 'healed' && (drained?.state !== 'behind' || drained.missing === 0)
      ? { kind: 'nothing', by: 'sameVolume' }
      : { kind: 'open' };
  if (drained?.state === 'drained' && drained.flushed === true) return { kind: 'nothing', by: 'journal' };
  return { kind: 'unnamed', since: replacement.recoveryPointAt, until: failedAt, ...kept };
}

/** Steps that keep a heal going, and change nothing. */
const ROUTINE = /^(renew-lease|note-|await-|wait$|mark-)/;
const OWNER = /^(fence|is-off|is-stopped|detach|release)/;
const STANDBY = /^(prepare-spare|attach|mount|format|verify|serve$|release-spare)/;
const JOURNAL = /^(drain|flush)/;

/** Reasons by which another host takes over. */
const MOVES: readonly ReasonCode[] = ['ownerServesNot', 'ownerNotRunning', 'ownerSilent', 'unreached'];

function laneOf({ name }: StepRecord, moved: boolean): Lane {
  if (JOURNAL.test(name)) return 'journal';
  if (STANDBY.test(name)) return moved ? 'standby' : 'owner';
  return OWNER.test(name) ? 'owner' : 'healer';
}

function eventsOf(
  { volume, trigger, steps, replacement, reasons, endedAt, startedAt }: Incident,
  failedAt: number,
  servingAt: number | undefined,
  others: readonly PageEvent[],
): PageEvent[] {
  const moved = replacement !== undefined || reasons.some(({ code }) => MOVES.includes(code));
  const last = Math.max(endedAt ?? startedAt, ...steps.map((s) => s.endedAt), ...others.map((e) => e.until ?? e.at));
  const users: PageEvent[] = [
    { lane: 'users', at: failedAt, until: servingAt ?? last, tone: 'bad', what: `${volume} is not served` },
    ...(servingAt === undefined
      ? []
      : [
          {
            lane: 'users',
            at: servingAt,
            until: Math.max(last, servingAt),
            tone: 'good',
            what: 'served again',
          } as const,
        ]),
  ];
  const alarm: PageEvent[] =
    trigger.at === undefined || others.some(({ lane }) => lane === 'alarm')
      ? []
      : [{ lane: 'alarm', at: trigger.at, tone: 'bad', what: trigger.alarm ?? trigger.kind }];
  const done = steps
    .filter(({ name }) => !ROUTINE.test(name))
    .map((s) => ({ lane: laneOf(s, moved), at: s.startedAt, until: s.endedAt, tone: 'work', what: s.name }) as const);
  return [...users, ...alarm, ...others, ...done].sort((a, b) => a.at - b.at);
}

/** Steps that decide something, and what that is. */
const DECIDES: readonly (readonly [step: RegExp, what: string])[] = [
  [/^prepare-spare$/, 'The spare is made ready before anything is fenced'],
  [/^create-replacement$/, 'A volume is made from a recovery point'],
  [/^fence$/, 'The old owner is fenced before another one serves'],
  [/^is-(off|stopped)$/, 'The old owner cannot write any more'],
  [/^detach/, 'The volume is taken off its host'],
  [/^drain$/, 'What the journal has is read before it is served'],
  [/^commit$/, 'Who has the volume is noted in the ledger'],
  [/^unschedule$/, 'No more copies are made of what is suspect'],
  [/^quarantine$/, 'What failed is kept, and serves nobody'],
  [/^snapshot-suspect$/, 'A copy of what failed is kept as evidence'],
];

function decisionsOf({ trigger, startedAt, endedAt, steps, reasons, passedOver, replacement }: Incident): Decided[] {
  const looked = steps.find(({ name }) => name === 'observe');
  const choice = replacement?.choice;
  return [
    { at: startedAt, what: 'A heal is begun', evidence: trigger.reason },
    ...(looked ? [{ at: looked.startedAt, what: 'It is looked at', evidence: looked.note }] : []),
    ...steps.flatMap((s) => {
      const found = DECIDES.find(([step]) => step.test(s.name));
      return found && s.note !== '' ? [{ at: s.startedAt, what: found[1], evidence: s.note }] : [];
    }),
    ...(choice
      ? [
          {
            at: replacement.servingAt,
            what:
              choice.taken === 'spare'
                ? 'The spare is taken, and nothing newer'
                : 'What is newer is taken, and not the spare',
            evidence: `${choice.minutes} min of uploads between them${choice.why === undefined ? '' : `; ${choice.why}`}`,
          },
        ]
      : []),
    ...(passedOver.length > 0
      ? [{ at: endedAt ?? startedAt, what: 'Newer copies are passed over', evidence: passedOver.join(', ') }]
      : []),
    ...(reasons.length > 0 ? [{ at: endedAt ?? startedAt, what: 'It ends', evidence: reasonText(reasons) }] : []),
  ].sort((a, b) => a.at - b.at);
}
