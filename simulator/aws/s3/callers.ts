import { CLIENT_SETTINGS, simulatedAws } from '../account/sdk.ts';
import type { Services } from '../account/services.ts';
import type { Principal } from '../iam/account.ts';

/**
 * Who an instance is to AWS: its role, and the network that its requests come from, through the gateway endpoints of its stack.
 * @throws Error for an instance that has not got its role yet
 */
export function callerOn({ fleet }: Services, instanceId: string): Principal {
  const identity = fleet.identity(instanceId);
  if (!identity) throw new Error(`${instanceId} has no role yet: its user data has not begun`);
  return { ...identity.principal, network: identity.stackName };
}

/**
 * A client of whatever service, as code under test makes it, with what that caller may do. The SDK's serialization and retries are its
 * own; calls, and the waits between retries, take virtual time.
 * @param make makes the client: `(settings) => new S3Client({ ...settings, maxAttempts: 1 })`
 */
export function clientFor<Client extends object>(
  { cloud }: Services,
  caller: Principal,
  make: (settings: typeof CLIENT_SETTINGS & { readonly region: string }) => Client,
): Client {
  return simulatedAws(cloud, caller)(make({ ...CLIENT_SETTINGS, region: cloud.region }));
}
