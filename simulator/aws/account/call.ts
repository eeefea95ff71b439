import type { Principal } from '../iam/account.ts';

/** One call on its way to a service. */
export interface Call {
  readonly principal: Principal;
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** When it left its caller. Unix milliseconds of virtual time. */
  readonly sentAt: number;
  /** For how long its caller waits for an answer. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** It goes without TLS. */
  readonly plain?: boolean | undefined;
}

/** How a call is made. `atOnce`: it takes no virtual time, for nobody waits for it. */
export interface Manner extends Pick<Call, 'timeoutMs' | 'plain'> {
  readonly atOnce?: boolean;
}
