import type { Runtime } from '../../lambda/aws/runtime.ts';
import { CLIENT_SETTINGS, simulatedAws, type Wire } from '../aws/account/sdk.ts';
import { ServiceError } from '../aws/account/service-error.ts';
import { type Answer, type Held, type HeldAs, pack, type Request, unpack } from './protocol.ts';

/** What runs commands against a held rehearsal: its AWS, and its time. @param as whoever runs them */
export function heldRuntime(held: Held, as: HeldAs = 'operator'): Pick<Runtime, 'clock' | 'clients' | 'prepare'> {
  let now = Date.now();
  const ask = async (request: Request): Promise<object> => {
    const answer = await answered(held, request);
    now = answer.now;
    if ('output' in answer) return answer.output;
    const { name, message, status } = answer.error;
    throw new ServiceError(name, message, status);
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => void (await ask({ kind: 'sleep', ms })),
    // Only the rehearsal's own process has a clock that has to be held.
    hold: <T>(run: () => Promise<T>) => run(),
    free: <T>(run: () => Promise<T>) => run(),
  };
  const wire: Wire = {
    serializes: true,
    clock,
    random: { stream: () => ({ next: Math.random }) },
    call: (_principal, service, operation, input, manner) =>
      ask({ kind: 'call', as, service, operation, input, timeoutMs: manner?.timeoutMs }),
  };
  const nobody = { name: as, statements: () => [] };
  return {
    clock,
    clients: { ...CLIENT_SETTINGS, region: held.region },
    prepare: simulatedAws(wire, nobody),
  };
}

/** @throws Error where nobody is there, or the rehearsal meets something that it does not know */
async function answered({ port, token }: Held, request: Request): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new Uint8Array(pack(request)),
  }).catch((error: unknown) => {
    throw new Error('the rehearsal is not there any more; start it again: npm run rehearse -- --hold', {
      cause: error,
    });
  });
  if (!response.ok) throw new Error(`the rehearsal: ${await response.text()}`);
  return unpack<Answer>(new Uint8Array(await response.arrayBuffer()));
}
