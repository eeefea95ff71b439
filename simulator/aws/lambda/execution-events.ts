import type { Operation, OperationUpdate } from '@aws/durable-execution-sdk-js';

/** What an execution's history says of a step or a wait. Unix milliseconds of virtual time. */
export interface ExecutionEvent {
  readonly type: 'StepStarted' | 'StepSucceeded' | 'StepFailed' | 'WaitStarted';
  readonly id: string;
  readonly name: string | undefined;
  readonly at: number;
}

const NOTED: Readonly<Record<string, ExecutionEvent['type']>> = {
  'STEP START': 'StepStarted',
  'STEP SUCCEED': 'StepSucceeded',
  'STEP FAIL': 'StepFailed',
  'STEP RETRY': 'StepFailed',
  'WAIT START': 'WaitStarted',
};

/** Notes what an update says, where a history has that. */
export function note(
  events: ExecutionEvent[],
  { Type, Action }: OperationUpdate,
  { Id = '', Name }: Operation,
  at: number,
): void {
  const type = NOTED[`${Type} ${Action}`];
  if (type) events.push({ type, id: Id, name: Name, at });
}
