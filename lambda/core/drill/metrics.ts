import type { HostAnswer, Workflow } from '../world/ports.ts';
import { dueFiles } from './counts.ts';
import type { Drilled, DrillPorts } from './ports.ts';

/** Percent of the files that were to be read whose content was. Of no files at all nothing was left out. */
export function coverageOf({ result, values }: HostAnswer): number {
  const [files, checked] = [dueFiles(values), Number(values.checked)];
  if (files > 0) return (100 * (checked || 0)) / files;
  // The check prints its counts once it has compared: without them, something was wrong before that.
  return result === 'ok' && files === 0 ? 100 : 0;
}

/** Whether there was time for all of it; of what was rejected before that there was none. */
export function isComplete({ values }: HostAnswer): boolean {
  return values.complete === 'true';
}

/** Publishes what a drill came to. A step of its own, which is tried again as others are; that it fails is a line in the log. */
export async function publish(workflow: Workflow, ports: DrillPorts, drilled: Drilled): Promise<void> {
  try {
    await workflow.step('publish', () => ports.metrics.publish(drilled));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ports.log(`${drilled.volume}: the metrics of this drill are lost: ${why}`);
  }
}
