/**
 * The least that a recovery with a spare can take, from what was sampled in the very run: nothing here knows how the healer works.
 * Only what each thing took is read from the run, and put together again without any time between them.
 */
import type { CallRecord } from '../../simulator/aws/account/cloud.ts';
import type { Happening } from '../../simulator/aws/account/happening.ts';
import type { Services } from '../../simulator/aws/account/services.ts';

/** Of the target group: how often it looks, and how many good answers in a row it wants. */
export interface HealthCheck {
  readonly intervalMs: number;
  readonly threshold: number;
}

/** Milliseconds. */
export interface Floor {
  /** From the blow until the alarm has started the function: the probe's turn, the agent's flush, the alarm's evaluation, the queue. */
  readonly detection: number;
  /**
   * All of it, in the order of the rules: the spare is prepared, while the old owner is asked and fenced; then what the journal has beyond the spare
   * is read, and then comes the switch.
   */
  readonly all: number;
}

/** @throws Error where the run did not go the way of the spare */
export function floorOf(services: Services, log: readonly Happening[], healthCheck: HealthCheck): Floor {
  const { cloud, ssm, lambda } = services;
  const struck = one(log, ({ who }) => who === 'failure', 'blow').at;
  const healthy = one(
    log,
    ({ at, event }) => at > struck && event?.kind === 'health' && event.state === 'healthy',
    'end',
  ).at;
  const calls = cloud.calls.filter((c) => c.at >= struck && c.at <= healthy && c.principal.startsWith('Healer'));
  // What a drill or the guard sends meanwhile is none of it.
  const sends = new Set(calls.filter((c) => c.operation === 'SendCommand').map(({ at }) => at));
  const ran = ssm.ran.filter((r) => sends.has(r.sentAt));
  const call = (what: string, fits: (c: CallRecord) => boolean) => one(calls, fits, what);
  const command = (verb: string) => one(ran, (r) => r.verb === verb, verb);
  const [mount, release, serve] = ['mount', 'release', 'serve'].map(command);
  const verify = ran.findLast((r) => r.verb === 'verify');
  if (!mount || !verify || !release || !serve) throw new Error('a command is missing');

  const isWrite = (c: CallRecord) => c.operation === 'UpdateItem' && c.result === 'ok';
  const lease = call('the lease', isWrite);
  const commit = [...calls].reverse().find((c) => isWrite(c) && c.at < serve.sentAt);
  // A witness is not believed: the owner's own probe comes before the lease.
  const look = ran.find((each) => each.verb === 'probe' && each.endedAt <= lease.at);
  const first = look?.sentAt ?? lease.at - lease.tookMs / 2;
  const begun = lambda.begun.findLast((b) => b.name.includes('Healer') && b.at <= first);
  if (!commit || !begun) throw new Error('the spare was served without a commit, or by nobody');

  const sent = ({ sentAt }: { readonly sentAt: number }) =>
    call('a command sent', (c) => c.operation === 'SendCommand' && c.at === sentAt).tookMs;
  /** There, run, and back with one look at the answer. */
  const whole = (r: (typeof ran)[number]) => {
    const answer = call('an answer', (c) => c.operation === 'GetCommandInvocation' && c.at >= r.endedAt).tookMs;
    return sent(r) / 2 + Math.max(sent(r) / 2, r.endedAt - r.sentAt) + answer;
  };
  // What is followed is mounted already, and read beside.
  const prepared = verify.sentAt < mount.endedAt ? Math.max(whole(mount), whole(verify)) : whole(mount) + whole(verify);
  // Only where there is a journal; what the old owner wrote last is in it once that is fenced.
  const drain = ran.find((each) => each.verb === 'drain' && each.sentAt >= release.endedAt);
  const drained = drain ? whole(drain) : 0;
  const looked = look ? whole(look) : 0;
  // It is asked whether it is dead, before the lease or under it; that it is fenced before that would be too soon.
  const isWord = (r: (typeof ran)[number]) => r.verb === 'probe' && r.sentAt >= lease.at && r.endedAt <= release.sentAt;
  const fenced = (look ? 0 : whole(one(ran, isWord, 'probe'))) + whole(release);
  const switched = commit.tookMs + sent(serve) / 2 + serve.endedAt - serve.sentAt;
  const reached = (afterLease: number) => {
    const servedAt = begun.at + looked + lease.tookMs + afterLease + switched;
    const { intervalMs, threshold } = healthCheck;
    // The load balancer looks at moments of its own: the first one that finds it served, and as many more as it wants.
    const first = healthy - Math.floor((healthy - servedAt) / intervalMs) * intervalMs;
    return first + (threshold - 1) * intervalMs - struck;
  };
  return { detection: begun.at - struck, all: reached(Math.max(prepared, fenced) + drained) };
}

function one<T>(all: readonly T[], fits: (each: T) => boolean, what: string): T {
  const found = all.find(fits);
  if (!found) throw new Error(`${what}: not in this run`);
  return found;
}
