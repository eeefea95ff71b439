import { type Declared, type DeclaredResources, objectOf } from '../declared.ts';

const WORD =
  /\s*(?:(NOT|AND|OR|TRUE|FALSE)\b|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^()"]*?))\s*\)|([()]))/iy;
/** In a rule, a resource of the app stands between these; what is known at deployment only is {@link UNKNOWN}. */
const REFERENCE = '\u0001';
const UNKNOWN = '\u0002';

/**
 * Whether a composite alarm goes into ALARM for an alarm that does: it names its ALARM, or NOT its OK, and not within another NOT.
 * Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html, AlarmRule
 *
 * @returns `undefined` where that is known at deployment only, or beyond what this reads
 */
export function followsFrom(composite: Declared, alarm: Declared, app: DeclaredResources): boolean | undefined {
  const rule = written(composite.properties.AlarmRule, composite, app);
  let [negated, not, at] = [false, false, 0];
  const outer: boolean[] = [];
  let follows = false;
  while (rule.slice(at).trim() !== '') {
    WORD.lastIndex = at;
    const word = WORD.exec(rule);
    if (!word) return [UNKNOWN, ...namesOf(alarm)].some((name) => rule.includes(name)) ? undefined : false;
    at = WORD.lastIndex;
    const [, operator, state, quoted, bare, parenthesis] = word;
    if (operator?.toUpperCase() === 'NOT') not = !not;
    if (parenthesis === ')') negated = outer.pop() ?? false;
    if (parenthesis === '(') {
      outer.push(negated);
      negated = negated !== not;
      not = false;
    }
    if (state === undefined) continue;
    const wanted = negated !== not ? 'OK' : 'ALARM';
    not = false;
    const name = quoted ?? bare ?? '';
    if (state.toUpperCase() === wanted && isNamed(name, alarm)) follows = true;
  }
  return follows || !rule.includes(UNKNOWN) ? follows : undefined;
}

/** A rule as a text, intrinsics resolved as far as they can be. */
function written(value: unknown, from: Declared, app: DeclaredResources): string {
  if (typeof value === 'string') return value;
  const object = objectOf(value);
  const join = object?.['Fn::Join'];
  if (Array.isArray(join) && Array.isArray(join[1]))
    return join[1].map((part) => written(part, from, app)).join(String(join[0]));
  const sub = object?.['Fn::Sub'];
  if (typeof sub === 'string')
    return sub.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => written({ Ref: name.split('.')[0] }, from, app));
  const target = app.named(value, from);
  if (target) return `${REFERENCE}${target.construct.node.path}${REFERENCE}`;
  // The parts of an ARN that are the same for all.
  return String(object?.Ref).startsWith('AWS::') ? String(object?.Ref) : UNKNOWN;
}

/** Whether a name in a rule, or the end of an ARN, is the alarm's. */
function isNamed(name: string, alarm: Declared): boolean {
  return namesOf(alarm).some((known) => name === known || name.endsWith(`:alarm:${known}`));
}

function namesOf(alarm: Declared): readonly string[] {
  return [`${REFERENCE}${alarm.construct.node.path}${REFERENCE}`, ...alarmNames(alarm)];
}

/** The alarm's own name, where it has one before it is deployed. */
export function alarmNames({ properties: { AlarmName } }: Declared): readonly string[] {
  return typeof AlarmName === 'string' ? [AlarmName] : [];
}
