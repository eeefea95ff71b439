import type { VirtualClock } from '../../time/clock.ts';
import type { Statement } from './iam.ts';
import type { PermissionLedger } from './permission-ledger.ts';

/** Who makes a call, and what its role allows. `statements` is asked at each call, for a stack grows while it is created. */
export interface Principal {
  readonly name: string;
  /** Of the role: what policies of resources name it by. Without one, they mean it only where they mean its account, or all. */
  readonly arn?: string;
  readonly statements: () => readonly Statement[];
  /** Name of the stack whose network its requests come from, and go through the gateway endpoints of; none: they come from elsewhere. */
  readonly network?: string;
  /** The instance on which the agent of the journal makes it. */
  readonly agentOf?: string;
}

/** An account as IAM sees it: whose it is, when it is, and where what was allowed and denied is noted. */
export interface Account {
  readonly account: string;
  readonly partition: string;
  readonly permissions: PermissionLedger;
  readonly clock: Pick<VirtualClock, 'now'>;
}
