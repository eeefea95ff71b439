import { ENV } from '../../contract/contract.ts';
import { dynamoClient, lambdaClient } from '../aws/clients.ts';
import { dynamoLedger } from '../aws/dynamodb/ledger.ts';
import { dynamoStarts } from '../aws/dynamodb/starts.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { startHeal } from '../aws/start-heal.ts';
import { onSaid, type StarterPorts } from '../core/witness/start.ts';
import { readSaid } from './said.ts';

/** The starter: reads what standbys say of owners, and starts looks, as often as is good (decision 41). */
export function createHandler(runtime: Runtime) {
  const dynamo = dynamoClient(runtime);
  const table = required(runtime.env, ENV.ledger);
  const ports: StarterPorts = {
    clock: runtime.clock,
    ledger: dynamoLedger(dynamo, table),
    starts: dynamoStarts(dynamo, table),
    start: startHeal(lambdaClient(runtime), required(runtime.env, ENV.healer)),
  };
  return async (event: unknown): Promise<void> => {
    for (const said of readSaid(event)) {
      const came = await onSaid(ports, said);
      // A line for each item that is dropped would be for whoever lies to have written.
      if (came === 'started') runtime.log({ message: 'a look is started', ...said });
    }
  };
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What Lambda calls. Built at the first call, so that the module can be loaded without its environment. */
export const handler: ReturnType<typeof createHandler> = (event) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event);
};
