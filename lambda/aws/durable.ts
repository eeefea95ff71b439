import { type DurableContext, StepError } from '@aws/durable-execution-sdk-js';
import { DeadlineExceeded } from '../core/world/clock.ts';
import type { Workflow } from '../core/world/ports.ts';
import { isKind } from './errors.ts';

/** Tries of a step, beyond the SDK's own tries of each call: together they outlast a minute of throttling. */
const STEP_ATTEMPTS = 8;
/** The pauses between them (1, 2, 4, 8, 10, 10 ... s) suspend the function. */
const LONGEST_DELAY_SECONDS = 10;

/** A workflow whose steps are those of a Lambda durable execution: checkpointed, at least once each. */
export function durableWorkflow(context: DurableContext): Workflow {
  return {
    step: async (name, run) => {
      try {
        return await context.step(name, run, { retryStrategy: stepRetry });
      } catch (error) {
        // The SDK throws an error of its own, with a cause that has the name and the text of what the step threw.
        throw (error instanceof StepError && error.cause) || error;
      }
    },
    pause: (name, seconds) => context.wait(name, { seconds }),
  };
}

/** Whether a step that failed is tried again, and after how long. `attempt` counts from 1. */
export function stepRetry(
  error: Error,
  attempt: number,
): { readonly shouldRetry: boolean; readonly delay: { readonly seconds: number } } {
  return {
    shouldRetry: attempt < tries(error),
    delay: { seconds: Math.min(2 ** (attempt - 1), LONGEST_DELAY_SECONDS) },
  };
}

/** Denied stays denied and invalid stays invalid; a throttled or unanswered call may go through later. A wait that was not over in time has waited already. */
function tries(error: Error): number {
  if (error instanceof DeadlineExceeded) return 2;
  return isKind(error, 'transient') || isKind(error, 'notFound') ? STEP_ATTEMPTS : 1;
}
