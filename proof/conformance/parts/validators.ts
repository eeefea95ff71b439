import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type Known, verdictText, weigh } from '../known.ts';
import type { Part, Report, Verdict, Workshop } from '../part.ts';
import { lastLines, must, run } from '../tools/run.ts';
import { EVERYTHING } from './policies.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CDK = join(ROOT, 'node_modules', '.bin', 'cdk');
const EXAMPLES = ['archive', 'healed'];
/** Far more than it takes: it ends what hangs, and not what is slow. */
const SECONDS = 900;

/** What cfn-lint says of the templates and is not followed. */
const KNOWN_LINT: readonly Known[] = [
  {
    finding: 'W3010 Resources/Network',
    reason: 'zones are a setting: a volume lives in one, and its instances with it',
  },
  { finding: 'W3005 Resources/', reason: "the CDK's own functions depend on their role twice, which is harmless" },
];

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Level: string;
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** AWS's own validators of templates. */
export const validators: Part = {
  about: 'the template and its SSM documents, by cfn-lint and by the validator of the CDK',

  async run(workshop): Promise<Report> {
    return { verdicts: [await cfnLint(workshop), await cdkValidate()] };
  },
};

/** cfn-lint holds resources against AWS's resource schemas, and the content of SSM documents against the schema of those (rule E3051). */
async function cfnLint({ assemblies, python, directory }: Workshop): Promise<Verdict> {
  const [as, everything] = [await assemblies.of(), await assemblies.of({ settings: EVERYTHING })];
  const examples = await Promise.all(EXAMPLES.map((name) => example(name, join(directory, name))));
  const templates = [as.directory, everything.directory, ...examples].flatMap((each) =>
    readdirSync(each)
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => join(each, name)),
  );
  const ran = await run([python.program('cfn-lint'), '--format', 'json', ...templates], { seconds: SECONDS });
  // Its exit code is a sum of what it found; where it could not look it prints no list.
  const matches = parse(ran.stdout);
  if (!matches) throw new Error(`cfn-lint did not look: ${lastLines(ran)}`);
  const findings = matches.map(
    ({ Rule, Location, Message }) => `${Rule.Id} ${(Location.Path ?? []).slice(0, 4).join('/')}: ${Message}`,
  );
  const weighed = weigh([...new Set(findings)], KNOWN_LINT);
  return {
    asked: `${templates.length} templates: the default settings, those with everything on, and the example apps`,
    of: `cfn-lint ${python.version('cfn-lint')}`,
    said: verdictText(weighed, 'nothing, of any level'),
    ok: holds(weighed),
  };
}

/** An example app, synthesized. @returns its directory */
async function example(name: string, output: string): Promise<string> {
  const command = [CDK, 'synth', '--quiet', '--app', `node examples/${name}/app.ts`, '--output', output];
  await must(command, { seconds: SECONDS, cwd: ROOT, env: { CI: 'true' } });
  return output;
}

function parse(text: string): readonly Match[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? (list as Match[]) : undefined;
  } catch {
    return undefined;
  }
}

async function cdkValidate(): Promise<Verdict> {
  const options = { seconds: SECONDS, cwd: ROOT, env: { CI: 'true' } };
  const command = [CDK, 'validate', '--unstable=validate', '--no-online', '--output', 'cdk.out/validated'];
  const [version, ran] = [await run([CDK, '--version'], options), await run(command, options)];
  return {
    asked: 'the app, by `cdk validate --no-online`',
    of: `AWS CDK CLI ${version.stdout.trim().split(' ')[0]}`,
    said: ran.code === 0 ? 'valid' : `exit code ${ran.code}: ${lastLines(ran)}`,
    ok: ran.code === 0,
  };
}
