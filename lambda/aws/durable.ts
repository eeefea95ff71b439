import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { DeadlineExceeded } from '../core/clock.ts';
import type { Workflow } from '../core/ports.ts';
import { isKind } from './errors.ts';

/** Tries of a step, beyond the SDK's own tries of each call. The pauses (1, 2, 4 s) suspend the function. */
const STEP_ATTEMPTS = 4;

/** A workflow whose steps are those of a Lambda durable execution: checkpointed, at least once each. */
export function durableWorkflow(context: DurableContext): Workflow {
  return {
    step: (name, run) =>
      context.step(name, run, {
        retryStrategy: (error, attempt) => ({
          shouldRetry: attempt < STEP_ATTEMPTS && worthAnotherTry(error),
          delay: { seconds: 2 ** (attempt - 1) },
        }),
      }),
    pause: (name, seconds) => context.wait(name, { seconds }),
  };
}

/** Denied stays denied and invalid stays invalid; a throttled or unanswered call may go through later. */
function worthAnotherTry(error: Error): boolean {
  return error instanceof DeadlineExceeded || isKind(error, 'transient') || isKind(error, 'notFound');
}
