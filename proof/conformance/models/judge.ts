import type { Exchange } from '../../../simulator/aws/account/cloud.ts';
import { standing } from './errors.ts';
import { judgeFilters } from './filters.ts';
import type { Models, ServiceModel } from './model.ts';
import { ValueJudge } from './value.ts';

/** Something that AWS's model of the operation does not allow. The same one, however often it was seen, is one. */
export interface Deviation {
  /** `ssm:SendCommand`. */
  readonly operation: string;
  /** From `input`, `output` or `error` on, the places of lists and the keys of maps left out. */
  readonly path: string;
  readonly what: string;
  /** Scenarios in which it was seen. */
  readonly seenIn: Set<string>;
}

/** Calls and answers, held against AWS's models. */
export class CallJudge {
  readonly #models: Models;
  readonly #deviations = new Map<string, Deviation>();
  readonly #forms = new Set<string>();
  /** Error codes of a service whose model lists none, or few: of EC2, `ec2:DescribeVolumes InvalidVolume.NotFound`. */
  readonly byPage = new Set<string>();
  /** Operations that were called. */
  readonly operations = new Set<string>();
  exchanges = 0;
  /** Patterns that nobody here understands. */
  readonly unjudged = new Set<string>();

  constructor(models: Models) {
    this.#models = models;
  }

  get deviations(): readonly Deviation[] {
    return [...this.#deviations.values()];
  }

  /** Distinct exchanges: another operation, another error, or other members. */
  get forms(): number {
    return this.#forms.size;
  }

  hear({ service, operation, input, output, error }: Exchange, scenario: string): void {
    this.exchanges++;
    const name = `${service}:${operation}`;
    this.operations.add(name);
    const note = (path: string, what: string) => this.#note(name, path, what, scenario);
    const model = this.#models.of(service);
    const known = model.operations[operation];
    if (!known) {
      note('input', 'an operation that AWS does not have');
      return;
    }
    this.#forms.add(`${name} ${form(input)} ${error ?? form(output)}`);
    const judge = new ValueJudge(model, note);
    if (known.input) {
      judge.judge(input, known.input, 'input');
      judgeFilters(model, shapeOf(model, known.input.shape), input, note);
    } else if (Object.keys(input).length > 0) note('input', 'members for an operation that takes none');
    if (error !== undefined) {
      const stands = standing(model, known, error);
      if (stands === 'unlisted') note('error', `the code ${error}, which is not listed`);
      if (stands === 'byPage') this.byPage.add(`${name} ${error}`);
    } else if (known.output) judge.judge(output, known.output, 'output');
    else if (Object.keys(output ?? {}).length > 0) note('output', 'members for an operation that gives none');
    for (const pattern of judge.unjudged) this.unjudged.add(pattern);
  }

  #note(operation: string, path: string, what: string, scenario: string): void {
    const key = `${operation} ${path} ${what}`;
    const known = this.#deviations.get(key) ?? { operation, path, what, seenIn: new Set<string>() };
    known.seenIn.add(scenario);
    this.#deviations.set(key, known);
  }
}

function shapeOf(model: ServiceModel, name: string) {
  const shape = model.shapes[name];
  if (!shape) throw new Error(`the model of ${model.metadata.serviceId} has no shape ${name}`);
  return shape;
}

/** The members that a value has, without what is in them. */
function form(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(form))].sort().join('|')}]`;
  if (typeof value !== 'object' || value === null || value instanceof Date) return typeof value;
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${members
    .map(([name, each]) => `${name}:${form(each)}`)
    .sort()
    .join(',')}}`;
}
