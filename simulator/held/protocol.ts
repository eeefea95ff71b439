/** How commands of another process talk to a simulated AWS that is held: over HTTP on this machine alone, bodies as `v8` has them. */
import { deserialize, serialize } from 'node:v8';

/** What is known of it, in a file that the commands read. */
export interface Held {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Sent along as a bearer token: another user of this machine does not know it. */
  readonly token: string;
  readonly stackName: string;
  readonly region: string;
}

/** Who asks: with the policy of who operates the stack, of who looks alone, or with leave to do everything. */
export type HeldAs = 'operator' | 'viewer' | 'administrator';

export type Request =
  | {
      readonly kind: 'call';
      readonly as: HeldAs;
      readonly service: string;
      readonly operation: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly timeoutMs?: number | undefined;
    }
  /** Lets virtual time pass. */
  | { readonly kind: 'sleep'; readonly ms: number };

/** `now`: virtual time, after it. Unix milliseconds. */
export type Answer = { readonly now: number } & (
  | { readonly output: object }
  /** As AWS sent it. */
  | { readonly error: { readonly name: string; readonly message: string; readonly status: number } }
);

export const pack = (value: Request | Answer): Buffer => serialize(value);
/** @throws Error where the bytes are none of {@link pack}'s */
export const unpack = <T extends Request | Answer>(bytes: Uint8Array): T => deserialize(bytes) as T;
