/** Messages to people, by what they carry and never by their words. */
import { type Data, type Leaf, unflattened } from '../../contract/flat.ts';
import type { MessageKind } from '../../contract/messages.ts';
import type { Reason, ReasonCode } from '../../contract/reasons.ts';
import type { RefusalCode, RefusalOf } from '../../contract/refusals.ts';
import type { Message, Sns } from '../../simulator/aws/lambda/sns.ts';

interface Sought {
  /** @default any that Remount sends */
  readonly kinds?: readonly MessageKind[];
  /** @default any, and none */
  readonly volume?: string;
  /** Unix milliseconds. @default the beginning */
  readonly since?: number;
}

/** What Remount notified people of: alarms speak for themselves. */
export function heard({ messages }: Pick<Sns, 'messages'>, { kinds, volume, since = 0 }: Sought): Message[] {
  return messages.filter((m) => m.at >= since && isOf(m, kinds) && (!volume || m.attributes.volume === volume));
}

/** @param kinds any, where nothing is given */
export function isOf({ attributes: { kind } }: Pick<Message, 'attributes'>, kinds?: readonly MessageKind[]): boolean {
  return kind !== undefined && (kinds ?? [kind]).includes(kind as MessageKind);
}

/** A person is called to a volume: its heal cannot go on without one. */
export const PAGES: readonly MessageKind[] = ['needsPerson', 'ledgerSilent'];

/** What an alarm said. @param name of the alarm */
export function heardOfAlarm({ messages }: Pick<Sns, 'messages'>, name: string, since = 0): Message[] {
  return messages.filter((m) => m.at >= since && m.alarm?.name === name);
}

/** The last state of an alarm that people heard of: by itself, or by the guard, where it could notify nobody. @param name of the alarm */
export function lastHeardOf({ messages }: Pick<Sns, 'messages'>, name: string): string | undefined {
  return messages
    .map((m) => (m.alarm ? [m.alarm] : unheardIn(m)).find((alarm) => alarm.name === name)?.state)
    .findLast(Boolean);
}

/** Alarms that could notify nobody, by the message that says so. */
export function unheardIn(
  message: Pick<Message, 'attributes'>,
): readonly { name: string; state: string; since: number }[] {
  const { alarms = [] } = isOf(message, ['unheardAlarms']) ? dataIn(message) : {};
  return alarms as unknown as readonly { name: string; state: string; since: number }[];
}

/** What a message says, as its attributes have it; of an alarm nothing. */
export function dataIn({ attributes: { data } }: Pick<Message, 'attributes'>): Data {
  return data === undefined ? {} : unflattened(JSON.parse(data) as readonly string[]);
}

/** When the heal began whose end a message is about, by the key of its record. Unix milliseconds; not a number: it is about no such end. */
export function beganAt(message: Pick<Message, 'attributes'>): number {
  return Date.parse(String(dataIn(message).incident).split('#')[1] ?? '');
}

/** What took over from what, as the message of a heal says it. */
export function replacementIn(message: Pick<Message, 'attributes'>): Data | undefined {
  return dataIn(message).replacement as Data | undefined;
}

/** Every id, code, figure and time that a message says. */
export function valuesIn(message: Pick<Message, 'attributes'>): Leaf[] {
  const leaves = (value: Data[string]): Leaf[] =>
    value === undefined ? [] : typeof value === 'object' ? Object.values(value).flatMap(leaves) : [value];
  return leaves(dataIn(message));
}

/** As a message carries it: without what is only for people. */
export type Stated<C extends ReasonCode = ReasonCode> = { [K in C]: Omit<Extract<Reason, { code: K }>, 'detail'> }[C];

/** Why a message was sent, in the order in which it says so. */
export function reasonsIn(message: Pick<Message, 'attributes'>): readonly Stated[] {
  return (dataIn(message).reasons ?? []) as unknown as readonly Stated[];
}

/** A reason by its code, and by fields of it. */
export type Because = { [C in ReasonCode]: { readonly code: C } & Partial<Stated<C>> }[ReasonCode];

/** Whether a message says so. Fields that are no plain values are not compared. */
export function says(message: Pick<Message, 'attributes'>, because: Because): boolean {
  return reasonsIn(message).some((stated) => {
    const fields: Readonly<Record<string, unknown>> = { ...stated };
    return Object.entries(because).every(([key, value]) => fields[key] === value);
  });
}

/** Of what a deployment left as it is: what has this code. */
export function leftIn<C extends RefusalCode>(
  message: Pick<Message, 'attributes'>,
  code: C,
): Omit<RefusalOf<C>, 'detail'>[] {
  const left = (dataIn(message).left ?? []) as unknown as readonly { readonly code: RefusalCode }[];
  return left.filter((refusal) => refusal.code === code) as unknown as Omit<RefusalOf<C>, 'detail'>[];
}

/** CloudFormation carries a reason as a text only: codes stand between its colons, the keeper's and AWS's. */
export function hasCode(reason: string | undefined, code: RefusalCode | 'IncorrectModificationState'): boolean {
  return (reason ?? '').split(/: |; /).includes(code);
}
