import type { Found, Mount } from './decide.ts';
import type { Journal } from './journal.ts';
import type { HostAnswer, Ports } from './ports.ts';

export type MountResult =
  | { readonly done: true }
  /** Decide again, knowing this of the volume, or that this instance is of no use; with neither, a person has to look. */
  | { readonly done: false; readonly found?: Found; readonly useless?: string; readonly why: string };

/** Gives a sound volume an owner: attach, (format, if it is new and nothing ever existed,) mount, serve. */
export async function mountAndServe(
  ports: Ports,
  journal: Journal,
  healId: string,
  volume: string,
  decision: Mount,
): Promise<MountResult> {
  const { volume: current, instance } = decision;
  if (!current.attachments.some((a) => a.instanceId === instance.id)) {
    const attached = await journal.act(
      'attach',
      () => ports.compute.attach(current.id, instance.id),
      (done) => `${current.id} to ${instance.id}${done ? '' : ': stuck'}`,
    );
    if (!attached)
      return {
        done: false,
        found: { volumeId: current.id, state: 'stuck' },
        why: `${current.id} cannot be attached to ${instance.id}`,
      };
  }
  if (decision.format) {
    const formatted = await journal.act('format', () => ports.host.format(instance.id, volume, current.id), text);
    if (formatted.result !== 'ok') return failed('format', formatted, instance.id);
    await journal.act('mark-formatted', () => ports.compute.markFormatted(current.id));
  }
  const mounted = await journal.act('mount', () => ports.host.mount(instance.id, volume, current.id), text);
  if (mounted.result === 'unmountable' || mounted.result === 'shutdown') {
    return { done: false, found: { volumeId: current.id, state: mounted.result }, why: text(mounted) };
  }
  if (mounted.result !== 'ok') return failed('mount', mounted, instance.id);
  await journal.act('commit', () =>
    ports.ledger.commit(
      volume,
      healId,
      ports.clock.now(),
      {
        generation: current.generation,
        currentVolume: current.id,
        owner: instance.id,
      },
      false,
    ),
  );
  const served = await journal.act('serve', () => ports.host.serve(instance.id, volume, current.id), text);
  if (served.result !== 'ok') return failed('serve', served, instance.id);
  await journal.act('promote', () => ports.compute.promote(current.id, current.generation));
  return { done: true };
}

function failed(what: string, answer: HostAnswer, instanceId: string): MountResult {
  const why = `${what} on ${instanceId}: ${text(answer)}`;
  return { done: false, why, ...(isHostsFault(answer) && { useless: instanceId }) };
}

/** The host did not answer, or does not see the device: that says nothing of the volume. */
export function isHostsFault(answer: HostAnswer): boolean {
  return answer.result === 'unreachable' || answer.result === 'noDevice' || answer.result === 'busy';
}

function text(answer: HostAnswer): string {
  return answer.result === 'ok' ? 'ok' : `${answer.result}: ${answer.detail}`;
}
