import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENV } from '../../../contract/contract.ts';
import type { Assembly } from '../../../rehearsal/world/assembly.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { readTemplate } from '../../../simulator/aws/cloudformation/template-model.ts';
import { ANSWERS } from '../durable/answers.ts';
import type { Part, Report, Verdict } from '../part.ts';
import { lastLines, run } from '../tools/run.ts';
import { type Emulator, moto } from '../tools/server.ts';

const RUN = join(import.meta.dirname, '../durable/run.ts');
/** Far more than it takes: it ends what hangs, and not what is slow. */
const RUN_SECONDS = 900;
const PACKAGE = join(import.meta.dirname, '../../../node_modules/@aws/durable-execution-sdk-js-testing');

/** What `durable/run.ts` prints. */
interface Came {
  readonly drill: Ended;
  readonly verdict: string;
  readonly heal: Ended;
  readonly role: string;
}
interface Ended {
  readonly status: string;
  readonly outcome: string;
  readonly summary: string;
}

/** The functions on AWS's own runner of durable functions. */
export const durable: Part = {
  about:
    "the bundles of drill and heal on AWS's durable test runner, against moto over HTTP: an answer that is none decides nothing",

  async run({ assemblies, python, progress }): Promise<Report> {
    const assembly = await assemblies.of();
    const functions = [deployedWith(assembly, ENV.initializationRate), deployedWith(assembly, ENV.spare)];
    const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { readonly version: string };
    const kinds = Object.keys(ANSWERS);
    let done = 0;
    // Beside each other: a run waits more than it works.
    const ask = async (kind: string): Promise<Verdict> => {
      const emulator = await moto(python);
      try {
        const came = await play(emulator, functions, kind);
        const sound = kind === 'sound';
        const { drill, verdict, heal, role } = came;
        return {
          asked: `answers of hosts: ${kind}${sound ? ' (the control: with it there is a verdict)' : ''}`,
          of: `durable-execution-sdk-js-testing ${version}, ${emulator.of} (which lacks DescribeInstanceInformation: both instances are said to be online)`,
          said: `drill ${drill.outcome}, verdict on the snapshot: ${verdict}; heal ${heal.outcome}, ${role}: ${heal.summary.slice(0, 160)}`,
          ok: sound
            ? drill.outcome === 'verified' && verdict === 'verified'
            : drill.outcome === 'undecided' && verdict === 'none' && decidedNothing(heal),
        };
      } finally {
        await emulator.stop();
        progress('answers', ++done, kinds.length);
      }
    };
    return { verdicts: await allOf(kinds.map(ask)) };
  },
};

/** Waits for all of them, also where one fails: no emulator is left. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** No health is read out of it, and no death: people decide. */
function decidedNothing({ outcome }: Ended): boolean {
  return outcome === 'paged';
}

async function play(emulator: Emulator, functions: readonly Deployed[], kind: string): Promise<Came> {
  const settings = Object.assign({}, ...functions.map((each) => each.settings)) as Deployed['settings'];
  const bundles = functions.map(({ bundle }) => bundle);
  const command = [process.execPath, RUN, emulator.url, ...bundles, kind, JSON.stringify(settings)];
  const ran = await run(command, { seconds: RUN_SECONDS });
  if (ran.code !== 0) {
    const why = /^\w*Error: .*$/m.exec(ran.stderr)?.[0] ?? lastLines(ran, 20);
    throw new Error(`the functions could not be run (${kind}): ${why}`);
  }
  return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Came;
}

/** A function of the template: its bundle, and what is set of its environment without looking at other resources. */
interface Deployed {
  readonly bundle: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** The function whose environment has this key, and no other's has. */
function deployedWith(assembly: Assembly, key: string): Deployed {
  const { Resources } = readTemplate(templateOf(assembly));
  const found = Object.values(Resources).flatMap(({ Type, Properties = {} }): Deployed[] => {
    const { Code, Environment } = Properties as {
      readonly Code?: { readonly S3Key?: string };
      readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
    };
    const variables = Environment?.Variables ?? {};
    if (Type !== 'AWS::Lambda::Function' || !Object.hasOwn(variables, key) || !Code?.S3Key) return [];
    const plain = Object.entries(variables).filter((each): each is [string, string] => typeof each[1] === 'string');
    const bundle = join(assembly.directory, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
    return [{ bundle, settings: Object.fromEntries(plain) }];
  });
  const [one] = found;
  if (!one || found.length !== 1) throw new Error(`${found.length} functions have ${key} in their environment`);
  return one;
}
