/** Documents of the simulated Systems Manager: what the template says of them, as the agent reads it. */
import { ServiceError } from '../account/service-error.ts';
import { has, list, num, object, onlyKnown, type Properties, str, strings, tags } from '../cloudformation/template.ts';

interface Parameter {
  readonly allowed: RegExp | readonly string[];
  readonly fallback: string | undefined;
  readonly environment: boolean;
}

export interface Document {
  readonly verb: string;
  readonly script: string;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** It stops the checks on its host, or the one of its own volume. */
  readonly stops: 'all' | 'own' | 'none';
  /** The verb's own deadline: how long it takes to say that it hangs. */
  readonly deadlineSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly content: string;
}

/** How a script stops the checks on its host first, or that of its volume (`host/common.sh`). */
const MAKES_WAY = /^\s+make_way$/m;
const LETS_GO = /^\s+let_go$/m;

/** By the content as it stands in the template, which thousands of worlds share. */
const read = new WeakMap<object, Omit<Document, 'tags'>>();

/** A document as the template defines it. @throws TemplateError for what the agent would do and this does not know */
export function documentOf(p: Properties): Document {
  if (str(p, 'DocumentType') !== 'Command')
    throw new Error(`${p.path}: the simulation knows documents of type Command only`);
  const content = object(p, 'Content');
  const known = read.get(content.values) ?? readContent(content);
  read.set(content.values, known);
  return { ...known, tags: tags(p, 'Tags', {}) };
}

function readContent(content: Properties): Omit<Document, 'tags'> {
  onlyKnown(content, ['schemaVersion', 'description', 'parameters', 'mainSteps']);
  const steps = list(content, 'mainSteps');
  const [step] = steps;
  if (!step || steps.length !== 1 || str(step, 'action') !== 'aws:runShellScript')
    throw new Error(`${content.path}: the simulation knows documents of one aws:runShellScript step`);
  onlyKnown(step, ['action', 'name', 'inputs', 'precondition']);
  const inputs = object(step, 'inputs');
  onlyKnown(inputs, ['runCommand', 'timeoutSeconds']);
  const script = strings(inputs, 'runCommand').join('\n');
  const verb = script.match(/^# remount-verb: (\w+)$/m)?.[1];
  if (!verb) throw new Error(`${content.path}: the script has no line "# remount-verb: <name>"`);
  const parameters = object(content, 'parameters', {});
  return {
    verb,
    script,
    stops: MAKES_WAY.test(script) ? 'all' : LETS_GO.test(script) ? 'own' : 'none',
    content: JSON.stringify(content.values),
    deadlineSeconds: Number(/REMOUNT_DEADLINE:-(\d+)/.exec(script)?.[1] ?? num(inputs, 'timeoutSeconds', 3600)),
    parameters: new Map(Object.keys(parameters.values).map((key) => [key, parameter(object(parameters, key))])),
  };
}

function parameter(p: Properties): Parameter {
  onlyKnown(p, ['type', 'description', 'default', 'allowedPattern', 'allowedValues', 'interpolationType']);
  const pattern = new RegExp(has(p, 'allowedPattern') ? str(p, 'allowedPattern') : '');
  return {
    allowed: has(p, 'allowedValues') ? strings(p, 'allowedValues') : pattern,
    fallback: has(p, 'default') ? str(p, 'default') : undefined,
    environment: str(p, 'interpolationType', '') === 'ENV_VAR',
  };
}

/** Parameters as the agent hands them to the script: `SSM_<name>`, checked against the document first. */
export function environment(
  document: Document,
  given: Readonly<Record<string, readonly string[]>>,
): Record<string, string> {
  const unknown = Object.keys(given).find((key) => !document.parameters.has(key));
  if (unknown) throw new ServiceError('InvalidParameters', `Parameter ${unknown} is not defined in the document`);
  const env: Record<string, string> = {};
  for (const [key, { allowed, fallback, environment: asEnvironment }] of document.parameters) {
    const value = given[key]?.[0] ?? fallback;
    if (value === undefined) throw new ServiceError('InvalidParameters', `Parameter ${key} is required`);
    if (!(allowed instanceof RegExp ? allowed.test(value) : allowed.includes(value)))
      throw new ServiceError('InvalidParameters', `Value ${value} of parameter ${key} is not allowed: ${allowed}`);
    if (!asEnvironment)
      throw new Error(
        `the simulated agent hands parameters over as environment variables only; ${key} has no interpolationType ENV_VAR`,
      );
    env[`SSM_${key}`] = value;
  }
  return env;
}
