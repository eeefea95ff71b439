import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
} from '@aws-sdk/client-lambda';
import { translated } from '../../lambda/aws/errors.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';

/** A durable execution as it stands. Times are Unix milliseconds. */
export interface Execution {
  /** Lambda's: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or STOPPED. */
  readonly status: string;
  /** What it returned, as JSON. */
  readonly result?: string;
  readonly error?: string;
  /** What it has done so far, in that order. */
  readonly steps: readonly { readonly name: string; readonly at: number; readonly failed: boolean }[];
}

/** Durable functions, as a person starts one and looks on. */
export interface Executions {
  /** @param name of its own: the same name again is the same execution */
  start(functionName: string, name: string, event: object): Promise<void>;
  /** @returns its ARN; `undefined`: Lambda has not begun it */
  find(functionName: string, name: string): Promise<string | undefined>;
  look(arn: string): Promise<Execution>;
}

/** The alias that alarms and rules start a function by. */
const ALIAS = 'live';

export function lambdaExecutions(runtime: Runtime): Executions {
  const lambda = runtime.prepare(new LambdaClient({ ...runtime.clients }));
  return {
    async start(FunctionName, DurableExecutionName, event) {
      await translated(`start ${FunctionName}`, () =>
        lambda.send(
          new InvokeCommand({
            FunctionName,
            Qualifier: ALIAS,
            InvocationType: 'Event',
            DurableExecutionName,
            Payload: new TextEncoder().encode(JSON.stringify(event)),
          }),
        ),
      );
    },
    // An asynchronous call is queued: by its name it is found, whatever the call was answered with.
    find: (FunctionName, DurableExecutionName) =>
      translated(`find what was started of ${FunctionName}`, async () => {
        const input = { FunctionName, DurableExecutionName };
        for await (const page of paginateListDurableExecutionsByFunction({ client: lambda }, input))
          for (const { DurableExecutionArn } of page.DurableExecutions ?? [])
            if (DurableExecutionArn) return DurableExecutionArn;
        return undefined;
      }),
    look: (DurableExecutionArn) =>
      translated('look at what was started', async () => {
        // In this order: what has ended has all of its steps.
        const {
          Status = '',
          Result,
          Error: error,
        } = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
        const steps: Execution['steps'][number][] = [];
        for await (const page of paginateGetDurableExecutionHistory({ client: lambda }, { DurableExecutionArn }))
          for (const { EventType, Name = '', EventTimestamp } of page.Events ?? [])
            if (EventType === 'StepSucceeded' || EventType === 'StepFailed')
              steps.push({ name: Name, at: EventTimestamp?.getTime() ?? 0, failed: EventType === 'StepFailed' });
        return {
          status: Status,
          steps,
          ...(Result !== undefined && { result: Result }),
          ...(error && { error: error.ErrorMessage ?? error.ErrorType ?? '' }),
        };
      }),
  };
}
