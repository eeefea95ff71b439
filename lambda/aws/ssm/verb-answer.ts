import type { GetCommandInvocationResult } from '@aws-sdk/client-ssm';
import { BUNDLE_STATES, DRAIN_STATES, EXIT, FOLLOW_STATES, type HostVerb } from '../../../contract/contract.ts';
import type { VolumeId } from '../../../contract/ids.ts';
import type { HostAnswer } from '../../core/world/ports.ts';

/** Standard output beyond this is cut off by Systems Manager (API reference of GetCommandInvocation). */
const OUTPUT_CHARACTERS = 24_000;

/** Of other scripts, and of a verb that was called wrongly: no answer. */
const NO_ANSWER = ['usage', 'unfetched', 'unwell', 'overdue'] as const satisfies readonly (keyof typeof EXIT)[];
type Answer = Exclude<keyof typeof EXIT, (typeof NO_ANSWER)[number]>;
const isAnswer = (name: string): name is Answer => !(NO_ANSWER as readonly string[]).includes(name);

/** What the exit codes stand for: their own names. */
const RESULTS: ReadonlyMap<number, HostAnswer['result']> = new Map(
  Object.entries(EXIT).flatMap(([name, code]): [number, Answer][] => (isAnswer(name) ? [[code, name]] : [])),
);

type Kind = 'volume' | 'time' | 'count' | 'flag' | 'sum';
type Keys = Readonly<Record<string, Kind>>;

interface Schema {
  /** The states that it may end well in. */
  readonly states: readonly string[];
  /** What it says then. */
  readonly needs: Keys;
  /** What it may say; other keys are not looked at. */
  readonly may?: Keys;
  /** Of {@link Schema.needs}, what it also says where it ends in these. */
  readonly alsoOn?: Readonly<Partial<Record<HostAnswer['result'], readonly string[]>>>;
}

/** What may be held against a volume, and so names it. */
const VERDICTS: readonly HostAnswer['result'][] = [
  'shutdown',
  'unmountable',
  'noCanary',
  'corrupt',
  'altered',
  'foreign',
];

/** What the check has counted, also where content is not what it was. */
const COUNTS = { files: 'count', listed: 'count', checked: 'count', unlisted: 'count', changed: 'count' } as const;

/** What each verb promises to say: the table of `host/README.md`. */
const SCHEMAS: Readonly<Record<HostVerb, Schema>> = {
  probe: {
    states: ['serving'],
    needs: { volumeId: 'volume', canary: 'time' },
    may: { full: 'flag', frozen: 'flag', ms: 'count' },
  },
  format: { states: ['formatted'], needs: { volumeId: 'volume' } },
  mount: {
    states: ['mounted'],
    needs: { volumeId: 'volume' },
    may: { progress: 'count' },
    alsoOn: { mounting: ['progress'] },
  },
  verify: {
    states: ['verified'],
    needs: { volumeId: 'volume', canary: 'time', files: 'count', filesComplete: 'flag' },
    may: { unreadable: 'count' },
  },
  serve: { states: ['serving'], needs: { serving: 'volume', canary: 'time' } },
  // `fenced`: still mounted, by a file system that is shut down and takes no writes.
  release: { states: ['released', 'fenced'], needs: { volumeId: 'volume' }, may: { flushed: 'flag' } },
  grow: { states: ['grown'], needs: { volumeId: 'volume' } },
  drain: {
    states: DRAIN_STATES,
    needs: { volumeId: 'volume', number: 'count', files: 'count' },
    may: { missing: 'count', head: 'count', upTo: 'time' },
  },
  bundle: { states: BUNDLE_STATES, needs: { volumeId: 'volume', sha256: 'sum' } },
  unused: { states: ['unused'], needs: { volumeId: 'volume' } },
  follow: { states: FOLLOW_STATES, needs: { volumeId: 'volume' }, may: { headAt: 'time' } },
  check: {
    states: ['sound'],
    needs: { volumeId: 'volume', canary: 'time', ...COUNTS, bytes: 'count', seconds: 'count', complete: 'flag' },
    may: {
      unreadable: 'count',
      manifests: 'count',
      stored: 'count',
      suspect: 'count',
      odd: 'count',
      deferred: 'count',
      resting: 'count',
      behind: 'count',
      upto: 'count',
    },
    alsoOn: { altered: Object.keys(COUNTS) },
  },
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const COUNT = /^\d{1,16}$/;
const SUM = /^[0-9a-f]{64}$/;

/** What a verb was asked. */
export interface Asked {
  readonly verb: HostVerb;
  /** Of the probe: the volume that is to be served. */
  readonly volumeId: VolumeId;
}

/** `unclear`: it ran, and what came back is no answer. */
export type Parsed = HostAnswer | { readonly result: 'unclear'; readonly detail: string };

/**
 * Reads what a command came to. It is an answer only where it is what the verb promises to print, of the volume that was asked for, with
 * an exit code that says the same: output may be empty, cut off, or of another command, and Systems Manager says Success all the same.
 */
export function readAnswer(asked: Asked, seen: GetCommandInvocationResult): Parsed {
  const output = seen.StandardOutputContent ?? '';
  const detail = [output, seen.StandardErrorContent ?? ''].join('\n').trim().replaceAll('\n', '; ');
  if (seen.Status !== 'Success' && seen.Status !== 'Failed')
    return { result: 'unreachable', values: {}, detail: `${seen.Status}: ${seen.StatusDetails ?? ''}` };
  const code = seen.Status === 'Success' ? EXIT.ok : (seen.ResponseCode ?? -1);
  const result = RESULTS.get(code) ?? 'failed';
  // An exit code that nobody promised says that it failed, and nothing else, whatever was printed.
  if (result === 'failed' || (result === 'ok' && seen.Status === 'Failed'))
    return { result: 'failed', values: {}, detail: detail || `exit code ${code}` };
  const { values, repeated } = valuesOf(output);
  const wrong =
    output.length >= OUTPUT_CHARACTERS
      ? 'it is cut off'
      : seen.Status === 'Success' && (seen.ResponseCode ?? EXIT.ok) !== EXIT.ok
        ? `its status is Success, and its exit code ${seen.ResponseCode}`
        : faultOf(asked, SCHEMAS[asked.verb], result, values, repeated);
  if (wrong === undefined) return { result, values, detail: detail || `exit code ${code}` };
  return { result: 'unclear', detail: `${asked.verb} ended with ${code}, and said no answer: ${wrong}: "${detail}"` };
}

function valuesOf(output: string): { readonly values: Record<string, string>; readonly repeated: Set<string> } {
  const values: Record<string, string> = {};
  const repeated = new Set<string>();
  for (const line of output.split('\n')) {
    const [, key, value = ''] = /^(\w+)=(.*?)\r?$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (Object.hasOwn(values, key)) repeated.add(key);
    values[key] = value;
  }
  return { values, repeated };
}

/** @returns what is wrong with it; `undefined`: nothing */
function faultOf(
  { verb, volumeId }: Asked,
  { states, needs, may = {}, alsoOn = {} }: Schema,
  result: HostAnswer['result'],
  values: Readonly<Record<string, string>>,
  repeated: ReadonlySet<string>,
): string | undefined {
  const known: Keys = { volumeId: 'volume', ...needs, ...may };
  const twice = ['state', ...Object.keys(known)].find((key) => repeated.has(key));
  if (twice) return `${twice} is there twice`;
  const { state = '' } = values;
  const right = result === 'ok' ? states.includes(state) : state === result;
  if (!right) return `its state is "${state}"`;
  const named = VERDICTS.includes(result) ? ['volumeId'] : [];
  const wanted = result === 'ok' ? Object.keys(needs) : [...named, ...(alsoOn[result] ?? [])];
  const missing = wanted.find((key) => values[key] === undefined);
  if (missing) return `${missing} is missing`;
  // A link may lead to what was served before: that nothing of ours is mounted is said of ours all the same.
  const ofOther = verb === 'probe' && result === 'notMounted';
  const malformed = Object.entries(known).find(
    ([key, kind]) => values[key] !== undefined && !fits(kind, values[key], ofOther ? values[key] : volumeId),
  );
  if (malformed) return `${malformed[0]} is "${values[malformed[0]]}"`;
  const { files, checked = 0, resting = 0 } = values;
  if (files !== undefined && Number(checked) + Number(resting) > Number(files)) return 'more was checked than there is';
  return undefined;
}

function fits(kind: Kind, value: string, volumeId: string): boolean {
  switch (kind) {
    case 'volume':
      return value === volumeId;
    case 'time':
      return TIME.test(value) && isMoment(value);
    case 'count':
      return COUNT.test(value);
    case 'sum':
      return SUM.test(value);
    case 'flag':
      return value === 'true' || value === 'false';
  }
}

/** Of a day that no month has, the next month's is made. */
function isMoment(value: string): boolean {
  const at = new Date(value);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 19) === value.slice(0, 19);
}
