import type { Cloud } from '../account/cloud.ts';
import { list, object, onlyKnown, type Properties, str, strings } from '../cloudformation/template.ts';
import type { Lambda } from './lambda.ts';

/** From a change to the target (milliseconds); EventBridge promises no bound, and delivers these events on a best-effort basis. */
const DELIVERY = { median: 900, p99: 3000 };

/** What a rule may ask of each kind of event, and so what the simulation emits. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'EC2 Instance State-change Notification': ['state'],
  'EBS Volume Notification': ['event', 'result'],
  'EBS Snapshot Notification': ['event', 'result'],
};
const SOURCE = 'aws.ec2';

interface Rule {
  readonly arn: string;
  readonly detailTypes: readonly string[];
  readonly detail: ReadonlyMap<string, readonly string[]>;
  readonly targets: readonly { readonly arn: string; readonly input: unknown }[];
}

/** EventBridge's default bus, for the rules of the template that match events of EC2. */
export class EventBus {
  readonly #cloud: Cloud;
  readonly #lambda: Lambda;
  readonly #rules: Rule[] = [];
  readonly #random;

  constructor(cloud: Cloud, lambda: Lambda) {
    this.#cloud = cloud;
    this.#lambda = lambda;
    this.#random = cloud.random.stream('events');
  }

  /** @throws TemplateError for a pattern that the simulation does not know */
  define(arn: string, p: Properties): void {
    const pattern = object(p, 'EventPattern');
    onlyKnown(pattern, ['source', 'detail-type', 'detail']);
    const known = (what: string, given: readonly string[], allowed: readonly string[]) => {
      const unknown = given.find((each) => !allowed.includes(each));
      if (unknown !== undefined)
        throw new Error(
          `${pattern.path}: the simulation does not know the ${what} ${unknown}; it knows ${allowed.join(', ')}`,
        );
    };
    const detailTypes = strings(pattern, 'detail-type');
    known('source', strings(pattern, 'source'), [SOURCE]);
    known('detail-type', detailTypes, Object.keys(KNOWN));
    const detail = object(pattern, 'detail', {});
    for (const type of detailTypes) known(`detail of ${type}`, Object.keys(detail.values), KNOWN[type] ?? []);
    this.#rules.push({
      arn,
      detailTypes,
      detail: new Map(Object.keys(detail.values).map((key) => [key, strings(detail, key)])),
      targets: targetsOf(p),
    });
  }

  /** Something happened: the rules that match start their targets, a moment later. */
  emit(detailType: string, detail: Readonly<Record<string, string>>): void {
    for (const rule of this.#rules) {
      if (!rule.detailTypes.includes(detailType) || this.#cloud.deleted.has(rule.arn)) continue;
      if (![...rule.detail].every(([key, values]) => values.includes(detail[key] ?? ''))) continue;
      for (const target of rule.targets) {
        this.#cloud.clock.after(this.#random.delay(DELIVERY), () =>
          this.#lambda.invokeAsync(target.arn, target.input, 'events.amazonaws.com', rule.arn),
        );
      }
    }
  }
}

/** Targets of a rule: functions, each with a constant input. */
export function targetsOf(p: Properties): Rule['targets'] {
  return list(p, 'Targets').map((target) => {
    onlyKnown(target, ['Arn', 'Id', 'Input', 'RetryPolicy', 'DeadLetterConfig']);
    return { arn: str(target, 'Arn'), input: JSON.parse(str(target, 'Input')) as unknown };
  });
}
