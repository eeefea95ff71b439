import { has, list, object, type Properties, str, TemplateError } from '../cloudformation/template.ts';

/** What an event has to have at a place: one of these, or what stands there has to have parts that fit. */
export interface Pattern {
  readonly [name: string]: Pattern | readonly Rule[];
}
type Rule = string | { readonly prefix: string } | { readonly 'anything-but': readonly string[] };

/** Filters of an event source; `undefined` without any. @throws TemplateError for a rule that the simulation does not know */
export function filtersOf(p: Properties): readonly Pattern[] | undefined {
  if (!has(p, 'FilterCriteria')) return undefined;
  return list(object(p, 'FilterCriteria'), 'Filters').map((filter) =>
    known(JSON.parse(str(filter, 'Pattern')), filter.path),
  );
}

function known(pattern: unknown, path: string): Pattern {
  if (typeof pattern !== 'object' || pattern === null) throw new TemplateError(path, 'a filter is an object');
  for (const [name, part] of Object.entries(pattern)) {
    if (!Array.isArray(part)) known(part, `${path}.${name}`);
    else if (!part.every(isRule))
      throw new TemplateError(`${path}.${name}`, `the simulation does not know the filter ${JSON.stringify(part)}`);
  }
  return pattern as Pattern;
}

function isRule(rule: unknown): rule is Rule {
  if (typeof rule === 'string') return true;
  if (typeof rule !== 'object' || rule === null) return false;
  const [[name, value] = [], ...others] = Object.entries(rule);
  if (others.length > 0) return false;
  return name === 'prefix' ? typeof value === 'string' : name === 'anything-but' && Array.isArray(value);
}

/**
 * Any of the rules of a place has to fit, and each place. Where nothing stands no rule fits.
 * Source: docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html ("Filter rule syntax"), with-ddb-filtering.html
 */
export function fits(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([name, part]) => {
    const value = (event as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (!isRules(part)) return fits(part, value);
    return typeof value === 'string' && part.some((rule) => allows(rule, value));
  });
}

function isRules(part: Pattern | readonly Rule[]): part is readonly Rule[] {
  return Array.isArray(part);
}

function allows(rule: Rule, value: string): boolean {
  if (typeof rule === 'string') return value === rule;
  return 'prefix' in rule ? value.startsWith(rule.prefix) : !rule['anything-but'].includes(value);
}
