/**
 * Works through all of them, in their order, so many at once. Whoever fails ends the others, and all have ended before that is said.
 *
 * @throws what the first that failed has thrown
 */
export async function inLanes<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all].reverse();
  const lane = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await work(one);
  };
  const lanes = Array.from({ length: atOnce }, () =>
    lane().catch((error: unknown) => {
      waiting.length = 0;
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(lanes)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
