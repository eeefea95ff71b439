import type { Cloud, Operation } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { onlyMembers } from '../ec2/input.ts';
import type { ExecutionRecord } from './durable.ts';

/** Source: API reference of Invoke: a name of an execution is 1 to 64 of these. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const ACCEPTED = 202;
/** API reference of GetDurableExecutionHistory and ListDurableExecutionsByFunction: 100 unless `MaxItems` says another number. */
const PAGE = 100;

type Input = Readonly<Record<string, unknown>>;

/** Of the simulated Lambda. */
interface Functions {
  has(arn: string): boolean;
  invoke(targetArn: string, event: unknown, attempt: number, name: string): void;
  readonly executions: readonly ExecutionRecord[];
  readonly asked: { readonly at: number; readonly event: unknown }[];
}

/** How people start a durable function and look on. Asynchronous alone: a heal takes longer than one waits for a call. */
export function invocations(cloud: Cloud, lambda: Functions): Readonly<Record<string, Operation>> {
  const given = new Map<string, string>();
  const functionOf = ({ FunctionName, Qualifier }: Input) => {
    const arn = `arn:${cloud.partition}:lambda:${cloud.region}:${cloud.account}:function:${FunctionName}`;
    const qualified = Qualifier === undefined ? arn : `${arn}:${Qualifier}`;
    if (!lambda.has(qualified))
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${qualified}`, 404);
    return qualified;
  };
  const executionOf = ({ DurableExecutionArn }: Input) => {
    const found = lambda.executions.find(({ arn }) => arn === DurableExecutionArn);
    if (!found)
      throw new ServiceError('ResourceNotFoundException', `Durable execution not found: ${DurableExecutionArn}`, 404);
    return found;
  };
  return {
    Invoke(input) {
      onlyMembers('Invoke', input, ['FunctionName', 'Qualifier', 'InvocationType', 'Payload', 'DurableExecutionName']);
      const target = functionOf(input);
      if (input.InvocationType !== 'Event') throw new Error('the simulated Invoke knows only InvocationType: Event');
      const name = String(input.DurableExecutionName);
      if (!NAME.test(name))
        throw new ServiceError('InvalidParameterValueException', `DurableExecutionName: ${name}`, 400);
      // The same name with the same event again is the same execution: docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
      const text = Buffer.from(input.Payload as Uint8Array).toString('utf8');
      const before = given.get(name);
      if (before !== undefined && before !== text)
        throw new Error(
          'the simulated Invoke does not know an execution name that was given before, with another event',
        );
      given.set(name, text);
      if (before !== undefined) return { StatusCode: ACCEPTED };
      lambda.asked.push({ at: cloud.clock.now(), event: JSON.parse(text) });
      lambda.invoke(target, JSON.parse(text), 0, name);
      // The guide shows the execution's ARN in no answer to an asynchronous call (docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html):
      // whoever relies on it does not get through here.
      return { StatusCode: ACCEPTED };
    },
    ListDurableExecutionsByFunction(input) {
      onlyMembers('ListDurableExecutionsByFunction', input, ['FunctionName', 'DurableExecutionName']);
      const arn = functionOf(input);
      const found = lambda.executions
        .filter(({ functionArn, name }) => functionArn.startsWith(`${arn}:`) && name === input.DurableExecutionName)
        .slice(-PAGE);
      return { DurableExecutions: found.map(described) };
    },
    GetDurableExecution(input) {
      onlyMembers('GetDurableExecution', input, ['DurableExecutionArn']);
      const found = executionOf(input);
      const { ended, event } = found;
      return {
        ...described(found),
        InputPayload: JSON.stringify(event),
        ...(ended?.status === 'SUCCEEDED' && { Result: ended.result }),
        ...(ended?.status === 'FAILED' && { Error: { ErrorMessage: ended.result } }),
      };
    },
    GetDurableExecutionHistory(input) {
      onlyMembers('GetDurableExecutionHistory', input, ['DurableExecutionArn', 'Marker']);
      const { events } = executionOf(input);
      const from = Number(input.Marker ?? 0);
      const page = events.slice(from, from + PAGE);
      return {
        Events: page.map(({ type, id, name, at }, i) => ({
          EventType: type,
          EventId: from + i + 1,
          Id: id,
          Name: name,
          EventTimestamp: new Date(at),
        })),
        ...(from + PAGE < events.length && { NextMarker: String(from + PAGE) }),
      };
    },
  };
}

function described({ arn, name, functionArn, startedAt, ended }: ExecutionRecord): object {
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: functionArn,
    Status: ended?.status ?? 'RUNNING',
    StartTimestamp: new Date(startedAt),
    ...(ended && { EndTimestamp: new Date(ended.at) }),
  };
}
