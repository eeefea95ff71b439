/** What goes wrong in one run: a list of faults, and the text that says it again (`--replay`). */

/** Every kind of fault. Which kinds fit a point is in {@link kindsAt}. */
export const FAULT_KINDS = [
  /** The call is refused: throttled. */
  'throttle',
  /** A server error, before the call had its effect. */
  'errorBefore',
  /** A server error, after the call had its effect. */
  'errorAfter',
  /** The role may not, this once. */
  'denied',
  /** Half a minute until it has its effect, and half a minute until the answer is there. */
  'slow',
  /** It has its effect, and the caller waits for the answer in vain. */
  'lost',
  /** It never arrives, and the caller waits for the answer in vain. */
  'unsent',
  /** The caller waits in vain, and it has its effect minutes later: after others that were sent later. */
  'overdue',
  /** The service heard nothing on the connection for too long, and says so. */
  'silence',
  /** The answer before this one once more: EC2 is eventually consistent. */
  'stale',
  /**
   * One thing that is there is left out of this answer and of those of the next seconds: docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
   */
  'missing',
  /** The function dies there, or the agent is killed, before or after the effect. */
  'dieBefore',
  'dieAfter',
  /** It dies there before the effect, and is run again only when its lease has run out. */
  'dieLong',
  /** The host that is sent a command hangs from there on, for less or more than its agent needs to be called offline. */
  'hang',
  'hangLong',
  /** The verb fails on the host with an exit code that nobody knows, before or after it did its work. */
  'failBefore',
  'failAfter',
  /** The verb does its work, and Systems Manager shows nothing of its answer, a part, or that of another volume. */
  'emptyAnswer',
  'cutAnswer',
  'otherAnswer',
  /** Somebody on the host has a file of the volume open: it is not unmounted. */
  'busy',
  /** The trigger comes twice, late (and so behind those that came after it), or not at all. */
  'twice',
  'late',
  'never',
  /** The function's clock is a minute ahead of that of everything else, or behind it. */
  'ahead',
  'behind',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** `ec2:CreateVolume`, `step:commit`, `host:mount`, `trigger`, `clock`; `guard/ec2:CreateSnapshot` of the guard, `keeper/` of the keeper, `agent/` of hosts. */
  readonly point: string;
  /** Which time that the healer comes by there, from 1. */
  readonly nth: number;
  /** How many times in a row. */
  readonly times: number;
}

/** More tries than one call has (6 in the SDK), and than one step has (4 of those). */
export const OUTLASTS_CALL = 7;
export const OUTLASTS_STEP = 30;

const SYNTAX = /^(\w+)@((?:(?:guard|keeper|agent)\/)?[\w-]+(?::[\w-]+)?)#([1-9]\d{0,4})(?:x([1-9]\d{0,3}))?$/;

export function scheduleText(faults: readonly Fault[]): string {
  return faults.map((f) => `${f.kind}@${f.point}#${f.nth}${f.times > 1 ? `x${f.times}` : ''}`).join(',') || 'none';
}

/** @throws RangeError naming the fault that is not understood, and what is allowed */
export function readSchedule(text: string): Fault[] {
  if (text === 'none' || text === '') return [];
  return text.split(',').map((part) => {
    const [, name, point = '', nth, times = '1'] = SYNTAX.exec(part.trim()) ?? [];
    const kind = FAULT_KINDS.find((k) => k === name);
    if (!kind || !kindsAt(point).includes(kind))
      throw new RangeError(
        `received "${part}"; allowed: KIND@POINT#NTH or KIND@POINT#NTHxTIMES, as errorAfter@ec2:CreateVolume#1, with a kind that fits the point (${kindsAt(point).join(', ')})`,
      );
    return { kind, point, nth: Number(nth), times: Number(times) };
  });
}

/** Functions beside the healer and the drill, by what the names of their points begin with: they have no steps, and hold no lease. */
export const PLAIN = { guard: 'guard/', keeper: 'keeper/' } as const;
/** By the agents of the journal on hosts, which are killed where functions die. */
export const OF_AGENTS = 'agent/';
/** The guard is run again, by Lambda and by its schedule. A deployment whose keeper dies waits an hour for it, and fails. */
const NOT_PLAIN: Readonly<Record<string, readonly FaultKind[]>> = {
  [PLAIN.guard]: ['dieLong', 'hang', 'hangLong'],
  [PLAIN.keeper]: ['dieBefore', 'dieAfter', 'dieLong', 'hang', 'hangLong'],
  // systemd starts it anew, ten seconds later.
  [OF_AGENTS]: ['dieLong'],
};
/** What can go wrong with a verb that a function sends. */
const OF_VERBS: readonly FaultKind[] = ['failBefore', 'failAfter', 'emptyAnswer', 'cutAnswer', 'otherAnswer'];
/** What is made, or looked at, by its id: each is a list of things that are there. */
const LISTS: readonly string[] = ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:DescribeInstances'];

/** What can go wrong with a call of S3 beside that, and with one that changes something. */
const OF_S3: readonly FaultKind[] = ['silence', 'unsent', 'lost'];
const OF_S3_WRITES: readonly FaultKind[] = ['errorAfter', 'overdue', 'dieAfter', 'dieLong'];

/** The kinds of fault that can happen at a point. */
export function kindsAt(point: string): readonly FaultKind[] {
  const by = [...Object.values(PLAIN), OF_AGENTS].find((prefix) => point.startsWith(prefix));
  if (by) return kindsAt(point.slice(by.length)).filter((kind) => !NOT_PLAIN[by]?.includes(kind));
  if (point === 'trigger') return ['twice', 'late', 'never'];
  if (point === 'clock') return ['ahead', 'behind'];
  if (point.startsWith('step:')) return ['dieBefore', 'dieAfter', 'dieLong'];
  if (point === 'host:dlm') return ['failBefore', 'failAfter'];
  if (point.startsWith('host:')) return [...OF_VERBS, ...(point === 'host:release' ? (['busy'] as const) : [])];
  const any: FaultKind[] = ['throttle', 'errorBefore', 'denied', 'slow', 'dieBefore'];
  // Strongly consistent, reads and lists alike: docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
  if (point.startsWith('s3:')) return [...any, ...(isRead(point) ? OF_S3 : [...OF_S3, ...OF_S3_WRITES])];
  // A consistent read is never stale.
  if (point === 'dynamodb:GetItem') return any;
  if (LISTS.includes(point)) return [...any, 'stale', 'missing'];
  if (isRead(point)) return [...any, 'stale'];
  const change: FaultKind[] = [...any, 'errorAfter', 'lost', 'dieAfter', 'dieLong'];
  return point === 'ssm:SendCommand' ? [...change, 'hang', 'hangLong'] : change;
}

/** Whether a call changes nothing. */
export function isRead(point: string): boolean {
  return /:(Describe|Get|Head|List)/.test(point);
}

/** Kinds of which it matters that they go on for longer than everybody tries. */
export function mayLast(kind: FaultKind): boolean {
  return (
    kind === 'emptyAnswer' ||
    kind === 'throttle' ||
    kind === 'errorBefore' ||
    kind === 'errorAfter' ||
    kind === 'lost' ||
    kind === 'unsent'
  );
}
