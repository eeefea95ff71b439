import type { ServiceModel, Shape } from './model.ts';
import type { Complain } from './value.ts';

/**
 * Names of filters are no enumeration in AWS's models: they stand in the documentation of the member (EC2), or in that of the
 * filter's own `Key` (Systems Manager). Only what is written there is accepted.
 */
export function judgeFilters(
  model: ServiceModel,
  shape: Shape,
  input: Readonly<Record<string, unknown>>,
  complain: Complain,
): void {
  const member = shape.members?.Filters;
  if (!member || !Array.isArray(input.Filters)) return;
  const list = model.shapes[member.shape];
  const filter = list?.member && model.shapes[list.member.shape];
  const named = filter?.members?.Name ? 'Name' : 'Key';
  const names = [
    ...documentedItems(member.documentation ?? ''),
    ...documentedValues(filter?.members?.[named]?.documentation ?? ''),
  ];
  if (names.length === 0) complain('input.Filters', 'filters whose names are documented nowhere');
  for (const each of input.Filters as readonly Record<string, unknown>[]) {
    const name = String(each[named]);
    const known = names.some((allowed) => (allowed.endsWith(':') ? name.startsWith(allowed) : name === allowed));
    if (!known && names.length > 0)
      complain(`input.Filters[].${named}`, `the filter "${name}", which is not documented`);
  }
}

/** `<li> <p> <code>status</code> - ...`; for any tag, `<code>tag:&lt;key&gt;</code> - ...` or `<code>tag</code>:&lt;key&gt; - ...`. */
function documentedItems(text: string): string[] {
  const items = text.matchAll(/<li>\s*<p>\s*<code>([^<&]+)(?:&lt;[^<]*)?<\/code>(:?)/g);
  return [...items].map(([, name, colon]) => `${name}${colon}`);
}

/** `Valid filter key values: AgentVersion | PingStatus | "tag-key" | "tag:...`. */
function documentedValues(text: string): string[] {
  const listed = /Valid filter key values: ([^<]*)/.exec(text)?.[1] ?? '';
  return listed
    .split('|')
    .map((name) => name.trim().replaceAll('"', ''))
    .filter((name) => name !== '');
}
