import type { DrainState } from '../../../contract/contract.ts';
import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import { briefly } from '../world/answers.ts';
import { message } from '../world/attempt.ts';
import type { Drained, Replacement } from '../world/model.ts';
import type { HostAnswer } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';

/** What is about to serve: mounted there, and served by nobody. */
interface At {
  readonly volumeId: VolumeId;
  readonly instanceId: InstanceId;
  /** See {@link Drained.flushed}. */
  readonly flushed?: boolean | undefined;
}

/**
 * Where there is a journal: ends the time of whoever wrote it, and reads it onto what is about to serve. Whatever comes of that is no
 * reason not to serve: it is noted, and people are notified of what is missing. Each run of it makes a term of its own, so that two hosts
 * never have the same one.
 *
 * @returns `undefined` where there is no journal
 * @throws as the ledger does: without it nothing is committed either
 */
export async function drain(run: HealRun, { volumeId, instanceId, flushed }: At): Promise<Drained | undefined> {
  const { ports, journal, healId, volume } = run;
  if (!ports.journaled) return undefined;
  return journal.act(
    'drain',
    async () => {
      const term = await ports.ledger.raiseTerm(volume, healId, ports.clock.now());
      const said = { term, ...(flushed !== undefined && { flushed }) };
      try {
        return { ...said, ...readDrained(await ports.host.drain(instanceId, volume, volumeId, term)) };
      } catch (error) {
        return { ...said, state: 'failed' as const, why: message(error) };
      }
    },
    (drained) => noteOf(drained),
  );
}

function readDrained({ result, values, detail }: HostAnswer): Omit<Drained, 'term'> {
  if (result !== 'ok') return { state: 'failed', why: `${result}: ${briefly(detail)}` };
  const upTo = Date.parse(values.upTo ?? '');
  const state = values.state as DrainState;
  return {
    state,
    cursor: Number(values.number),
    files: Number(values.files),
    // Without a seal nobody knows what else there is; nor where what there was has expired.
    ...((state === 'drained' || state === 'behind') &&
      values.missing !== undefined && { missing: Number(values.missing) }),
    ...(values.head !== undefined && { head: Number(values.head) }),
    ...(!Number.isNaN(upTo) && { upTo }),
  };
}

function noteOf({ state, term, cursor, head, files, missing, why }: Drained): string {
  if (state === 'failed') return `term ${term}: ${why}`;
  return `term ${term}: ${state} at ${cursor} of ${head ?? 'nobody knows'}: ${files} files, ${missing ?? 'nobody knows what is'} missing`;
}

/** Why people may miss something, or need not. */
export function drainedReasons(volumeId: VolumeId, drained: Drained | undefined): Reason[] {
  if (!drained) return [];
  const { state, cursor: number = 0, upTo, files = 0, missing, why = state } = drained;
  const read = { volumeId, number, ...(upTo !== undefined && { upTo }) };
  switch (state) {
    case 'drained':
      return [{ code: 'journalDrained', ...read, files }];
    case 'behind':
      return [{ code: 'journalBehind', ...read, ...(missing !== undefined && { missing }) }];
    case 'unsealed':
      return [{ code: 'journalUnsealed', ...read }];
    case 'none':
    case 'failed':
      return [{ code: 'journalUnread', volumeId, result: state, detail: why }];
  }
}

/**
 * Where people have not been notified yet of what took over before, and it is read once more, all is there up to what that reached: what its
 * owner of before had not sent came by no later reading of the journal.
 */
export function notBeyond(
  drained: Drained | undefined,
  replaced: Pick<Replacement, 'newVolume' | 'recoveryPointAt'> | undefined,
  volumeId: VolumeId,
): Drained | undefined {
  if (drained?.upTo === undefined || replaced?.newVolume !== volumeId) return drained;
  return { ...drained, upTo: Math.min(drained.upTo, replaced.recoveryPointAt) };
}

/** What the ledger keeps of it, for people. */
export function standOf(drained: Drained | undefined): { readonly journal?: Pick<Drained, 'cursor' | 'head'> } {
  if (drained?.cursor === undefined) return {};
  const { cursor, head } = drained;
  return { journal: { cursor, ...(head !== undefined && { head }) } };
}
