import type { GuardPorts } from './ports.ts';

/** A message that proves the way, so often. */
const EVERY_DAYS = 30;
const EVERY_MS = EVERY_DAYS * 24 * 60 * 60_000;

/**
 * Whether anybody hears what people are notified of: a subscription that was never confirmed, or was ended, makes no error anywhere. The
 * count is a metric with an alarm; once in 30 days a message shows that one arrives.
 */
export async function watchSubscribers({ clock, subscribers, people, testNotes, log }: GuardPorts): Promise<void> {
  const { confirmed, pending } = await subscribers.count();
  await subscribers.publish(confirmed, clock.now());
  if (confirmed === 0) log(`nobody hears what people are notified of: ${pending} subscriptions wait to be confirmed`);
  const last = await testNotes.read();
  const now = clock.now();
  if (last && now - last.at < EVERY_MS) return;
  // The first round is that of a deployment: whoever confirms a subscription then has proven the way.
  if (last) await people.notify({ kind: 'test', everyDays: EVERY_DAYS, confirmed, pending });
  await testNotes.write({ about: 'test', at: now });
}
