import type { Decision } from './decide.ts';
import type { Journal } from './journal.ts';
import type { ProbeState } from './model.ts';
import type { HostAnswer, Ports } from './ports.ts';

type Mount = Extract<Decision, { kind: 'mount' }>;

export type MountResult =
  | { readonly done: true }
  /** The file system turned out to be dead: decide again, with this. */
  | {
      readonly done: false;
      readonly found: { readonly volumeId: string; readonly state: ProbeState } | undefined;
      readonly why: string;
    };

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
    await journal.step(
      'attach',
      () => ports.compute.attach(current.id, instance.id).then(() => instance.id),
      (id) => `${current.id} to ${id}`,
    );
  }
  if (decision.format) {
    const formatted = await journal.step('format', () => ports.host.format(instance.id, volume, current.id), text);
    if (formatted.result !== 'ok') return failed('format', formatted);
    await journal.step('mark-formatted', () => ports.compute.markFormatted(current.id));
  }
  const mounted = await journal.step('mount', () => ports.host.mount(instance.id, volume, current.id), text);
  if (mounted.result === 'unmountable' || mounted.result === 'shutdown') {
    return { done: false, found: { volumeId: current.id, state: mounted.result }, why: text(mounted) };
  }
  if (mounted.result !== 'ok') return failed('mount', mounted);
  await journal.step('commit', () =>
    ports.ledger.commit(volume, healId, ports.clock.now(), {
      generation: current.generation,
      currentVolume: current.id,
      owner: instance.id,
    }),
  );
  const served = await journal.step('serve', () => ports.host.serve(instance.id, volume, current.id), text);
  if (served.result !== 'ok') return failed('serve', served);
  await journal.step('promote', () => ports.compute.promote(current.id));
  return { done: true };
}

function failed(what: string, answer: HostAnswer): MountResult {
  return { done: false, found: undefined, why: `${what}: ${text(answer)}` };
}

function text(answer: HostAnswer): string {
  return answer.result === 'ok' ? 'ok' : `${answer.result}: ${answer.detail}`;
}
