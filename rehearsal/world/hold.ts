import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OUTPUT } from '../../contract/outputs.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { heldFile, readHeld } from '../../simulator/held/read.ts';
import { HeldCloud } from '../../simulator/held/server.ts';

/** Who has what the stack gives out as policies attached; in a stack that has none, or is gone, they may nothing. */
export function peopleOf(
  { cloud, cloudFormation }: Services,
  stackName: string,
): Record<'operator' | 'viewer', Principal> {
  const holder = (name: 'operator' | 'viewer') =>
    cloud.policies.get(cloudFormation.outputOf(stackName, OUTPUT[name]) ?? '') ?? { name, statements: () => [] };
  return { operator: holder('operator'), viewer: holder('viewer') };
}

/** Keeps the simulated AWS there for commands of other processes, until somebody ends it: SIGINT or SIGTERM. */
export async function hold(services: Services, stackName: string, out: NodeJS.WritableStream): Promise<void> {
  const held = new HeldCloud(services.cloud, peopleOf(services, stackName));
  const ended = new AbortController();
  const until = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: ended.signal }).catch(() => {}));
  const known = await held.open(stackName);
  const file = heldFile();
  mkdirSync(dirname(file), { recursive: true });
  // It has the token in it.
  writeFileSync(file, `${JSON.stringify(known)}\n`, { mode: 0o600 });
  try {
    out.write(`
The stack is held as it is now; its time goes on as yours does. In another terminal:

  npm run remount -- status --rehearsal

Ctrl-C ends it.
`);
    await Promise.race(until);
  } finally {
    ended.abort();
    // One that was held since has its own there.
    if (readHeld()?.token === known.token) rmSync(file, { force: true });
    await held.close();
  }
}
