import type { Execution, Executions } from '../aws/executions.ts';
import { EXIT } from '../exit.ts';

/** How one ended, as data. Times are Unix milliseconds. */
export interface Followed {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly kind: 'heal' | 'drill' | 'bundle';
  readonly volume: string;
  /** The execution's name in Lambda. */
  readonly name: string;
  /** What the function returned: such as `healed`, `sound`, `paged`; of a drill `verified`, `rejected`. `failed`: it broke off. */
  readonly outcome: string;
  readonly summary: string;
  /** Of `bundled`: which object has it, and of which bytes. */
  readonly key?: string;
  readonly sha256?: string;
  readonly steps: Execution['steps'];
}

export interface FollowPorts {
  readonly executions: Executions;
  now(): number;
  sleep(ms: number): Promise<void>;
}

const LOOK_MS = 1000;
/** Lambda's queue is seldom longer. */
const BEGIN_MS = 5 * 60_000;
/** Outcomes after which nobody has to look. */
const WELL: readonly string[] = ['healed', 'sound', 'falseAlarm', 'verified', 'nothing'];

/** Who looks on. */
export interface Onlooker {
  /** Lambda has taken the start: whatever becomes of the looking on, it runs. */
  accepted(): void;
  /** Each step once. */
  step(step: Execution['steps'][number]): void;
}

/** Starts a durable function, and looks on until it ends. @throws Error where it does not begin */
export async function follow(
  { executions, now, sleep }: FollowPorts,
  what: {
    readonly kind: Followed['kind'];
    readonly volume: string;
    readonly function: string;
    readonly name: string;
    /** @default as the kind has it */
    readonly event?: object;
  },
  onlooker: Onlooker,
): Promise<Followed> {
  const { kind, volume, name } = what;
  await executions.start(what.function, name, what.event ?? (kind === 'heal' ? { sweep: volume } : { drill: volume }));
  onlooker.accepted();
  const startedAt = now();
  let arn: string | undefined;
  let told = 0;
  for (;;) {
    await sleep(LOOK_MS);
    arn ??= await executions.find(what.function, name);
    if (!arn) {
      if (now() - startedAt > BEGIN_MS)
        throw new Error(`Lambda has not begun the ${kind} of ${volume} in 5 min; it may still: look at its queue`);
      continue;
    }
    const seen = await executions.look(arn);
    for (const step of seen.steps.slice(told)) onlooker.step(step);
    told = seen.steps.length;
    if (seen.status !== 'RUNNING') return { schema: 1, kind, volume, name, ...endOf(seen), steps: seen.steps };
  }
}

function endOf({ status, result, error }: Execution): Pick<Followed, 'outcome' | 'summary' | 'key' | 'sha256'> {
  if (status !== 'SUCCEEDED') return { outcome: 'failed', summary: error ?? status };
  const { outcome = 'failed', summary = '', key, sha256 } = JSON.parse(result ?? '{}') as Partial<Followed>;
  return { outcome, summary, ...(key !== undefined && { key }), ...(sha256 !== undefined && { sha256 }) };
}

export function exitOf({ outcome }: Followed): number {
  return WELL.includes(outcome) ? EXIT.ok : EXIT.look;
}
