/** Messages to people, by what they carry and never by their words. */
import type { MessageKind } from '../../contract/messages.ts';
import type { Message, Sns } from '../../simulator/aws/lambda/sns.ts';

interface Sought {
  /** @default any that Remount sends */
  readonly kinds?: readonly MessageKind[];
  /** @default any, and none */
  readonly volume?: string;
  /** Unix milliseconds. @default the beginning */
  readonly since?: number;
}

/** What Remount told: alarms speak for themselves. */
export function heard({ messages }: Pick<Sns, 'messages'>, { kinds, volume, since = 0 }: Sought): Message[] {
  return messages.filter((m) => m.at >= since && isOf(m, kinds) && (!volume || m.attributes.volume === volume));
}

/** @param kinds any, where nothing is given */
export function isOf({ attributes: { kind } }: Pick<Message, 'attributes'>, kinds?: readonly MessageKind[]): boolean {
  return kind !== undefined && (kinds ?? [kind]).includes(kind as MessageKind);
}

/** A person is called to a volume: its heal cannot go on without one. */
export const PAGES: readonly MessageKind[] = ['needsPerson', 'ledgerSilent'];

/** What an alarm told. @param name of the alarm */
export function heardOfAlarm({ messages }: Pick<Sns, 'messages'>, name: string, since = 0): Message[] {
  return messages.filter((m) => m.at >= since && m.alarm?.name === name);
}
