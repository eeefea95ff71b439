import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import { briefly, described, insist, saysOfVolume } from '../world/answers.ts';
import type { Drained } from '../world/model.ts';
import { mountPatiently } from '../world/patience.ts';
import type { HostAnswer } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';
import { attach } from './attach.ts';
import type { Found } from './decide.ts';
import type { Mount } from './decision.ts';
import { drain, standOf } from './drain.ts';

export type MountResult =
  | { readonly done: true; readonly drained?: Drained | undefined }
  /** A person has to look. */
  | { readonly done: false; readonly reasons: readonly Reason[] }
  | ({ readonly done: false } & Learned);

/** With which it is decided again. */
export interface Learned {
  readonly found?: Found;
  /** An instance that is of no use. */
  readonly useless?: string;
  /** It answers, and does not do what the command asks. */
  readonly failing?: boolean;
  /** What it does not do is to mount this: that hangs, and moves nothing. */
  readonly hung?: VolumeId;
  /** Nothing was learned, but that the world is another one than was seen. */
  readonly again?: boolean;
}

/**
 * Gives a sound volume an owner: attach, (format, if it is new and nothing ever existed,) mount, read the journal onto it, serve.
 * @param flushed see {@link Drained.flushed}
 */
export async function mountAndServe(run: HealRun, decision: Mount, flushed?: boolean): Promise<MountResult> {
  const { ports, journal, healId, volume } = run;
  const { volume: current, instance, generation } = decision;
  if (!current.attachments.some((a) => a.instanceId === instance.id)) {
    const attached = await attach(run, current.id, instance.id, decision.spare);
    // What was decided on is not so, or not any more.
    if (attached === 'elsewhere') return { done: false, again: true };
    // That says nothing of the volume: another host may have room.
    if (attached === 'full') return { done: false, useless: instance.id, failing: true };
    if (attached === 'stuck') return { done: false, found: { volumeId: current.id, state: 'stuck' } };
  }
  if (decision.format) {
    const formatted = await journal.act('format', () => ports.host.format(instance.id, volume, current.id), described);
    if (formatted.result !== 'ok') return failed('format', formatted, instance.id);
    await journal.act('mark-formatted', () => ports.compute.markFormatted(current.id));
  }
  const { sizeGiB } = current;
  const order = { volumeId: current.id, instanceId: instance.id, sizeGiB };
  const mounted = await mountPatiently(run, order);
  if (mounted.result === 'unmountable' || mounted.result === 'shutdown') {
    return { done: false, found: { volumeId: current.id, state: mounted.result } };
  }
  if (mounted.result === 'timeout') return { done: false, useless: instance.id, failing: true, hung: current.id };
  if (mounted.result !== 'ok') return failed('mount', mounted, instance.id);
  const drained = await drain(run, { volumeId: current.id, instanceId: instance.id, flushed });
  const entry = { generation, currentVolume: current.id, owner: instance.id, ...standOf(drained) };
  await journal.act('commit', () => ports.ledger.commit(volume, healId, ports.clock.now(), entry));
  const serve = () => insist(() => ports.host.serve(instance.id, volume, current.id, drained?.term));
  const served = await journal.act('serve', serve, described);
  if (served.result !== 'ok') return failed('serve', served, instance.id);
  // One that is held is out of the schedule on purpose.
  const marked = current.role === 'current' && current.generation === generation && (current.scheduled || current.held);
  if (!marked) await journal.act('promote', () => ports.compute.promote(current.id, generation));
  return { done: true, drained };
}

function failed(verb: string, answer: HostAnswer, instanceId: InstanceId): MountResult {
  const { result } = answer;
  if (saysOfVolume(answer))
    return { done: false, reasons: [{ code: 'verbFailed', verb, instanceId, result, detail: briefly(answer.detail) }] };
  return { done: false, useless: instanceId, failing: result !== 'unreachable' };
}
