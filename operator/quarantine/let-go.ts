import type { InstanceId } from '../../contract/ids.ts';
import { EXIT } from '../exit.ts';
import { failed, type Quarantined, type QuarantinePorts, quarantined } from './quarantine.ts';

/** What letting go has come to, and is about to do. */
export type Step =
  | { readonly does: 'asks'; readonly instanceId: InstanceId }
  | { readonly does: 'detaches'; readonly instanceId: InstanceId }
  | { readonly does: 'discards' };

/** In these nothing runs that could use a volume. */
const OFF: readonly (string | undefined)[] = ['stopped', 'terminated'];
const DETACHED = 'it is detached, and still kept';

/**
 * Off its host, where it has one, and given to the guard. Each step looks first how things are by then, so that it may be called again after one that
 * was cut off. What is mounted is not detached.
 *
 * @param begins is told of each step before it is done
 * @throws Failed where it may not be let go of, as it is now
 */
export async function letGo(ports: QuarantinePorts, id: string, begins: (step: Step) => void): Promise<Quarantined> {
  const before = await quarantined(ports, id);
  const { attachedTo: instanceId, volumeId } = before;
  if (instanceId !== undefined) {
    await needUnused(ports, before, instanceId, begins);
    // The host may have taken a minute to answer, and a heal may have begun.
    const now = await quarantined(ports, id);
    if (now.attachedTo !== undefined && now.attachedTo !== instanceId)
      throw failed(EXIT.refused, `${id} went from ${instanceId} to ${now.attachedTo} meanwhile; nothing was done`);
    begins({ does: 'detaches', instanceId });
    if (!(await ports.detach(volumeId, instanceId)))
      throw failed(
        EXIT.look,
        `EC2 was asked to detach ${id} from ${instanceId}, and has not by now; it is kept: give the same command again`,
      );
    const { attachedTo } = await quarantined(ports, id, DETACHED);
    if (attachedTo !== undefined)
      throw failed(EXIT.refused, `${id} was detached, and is attached to ${attachedTo} again: somebody needs it`);
  }
  begins({ does: 'discards' });
  await ports.discard(volumeId);
  return before;
}

/** EC2 and the host itself are asked, and no tag. @throws Failed where it is used, or nobody says that it is not */
async function needUnused(
  ports: QuarantinePorts,
  { volumeId, volume }: Quarantined,
  instanceId: InstanceId,
  begins: (step: Step) => void,
): Promise<void> {
  const state = await ports.hostState(instanceId);
  if (state === undefined)
    throw failed(
      EXIT.refused,
      `${volumeId} is attached to ${instanceId}, which is no host of this stack: whoever attached it there detaches it; nothing was done`,
    );
  if (OFF.includes(state)) return;
  begins({ does: 'asks', instanceId });
  const { result, detail } = await ports.unused(instanceId, volume, volumeId);
  if (result === 'ok') return;
  const why = detail.replace(/^.*?remount: /, '');
  if (result === 'busy')
    throw failed(EXIT.refused, `${volumeId} is attached to ${instanceId}, and used there: ${why}; nothing was done`);
  throw failed(
    EXIT.unasked,
    `could not ask ${instanceId} whether it uses ${volumeId}: ${why}; once it is stopped, it uses nothing; nothing was done`,
  );
}
