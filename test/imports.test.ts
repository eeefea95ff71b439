import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const ROOMS = [
  'bin',
  'build',
  'contract',
  'examples',
  'host',
  'intake',
  'journal',
  'lambda',
  'lib',
  'operator',
  'proof',
  'rehearsal',
  'report',
  'simulator',
  'test',
  'witness',
];
/** A folder of more is two rooms. On an instance all host scripts lie in one folder, and each test folder goes with what it tests. */
const MOST_FILES = 20;
const MOST_LINES = 350;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules/'))
    .map((name) => `${folder}/${name}`);
}

/** What a file imports, types included: project files as paths from the root, packages by name. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [...text.matchAll(/\b(?:from |import\s*)\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return found.map((name) => (name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name));
}

/** Imports run one way. Each room, and all that it may import: what its README says. */
const RULES: readonly { readonly room: string; readonly may: RegExp }[] = [
  { room: 'contract', may: /^contract\// },
  { room: 'bin', may: /^(lib\/(stack\/app|props\/refusal)\.ts$|node:)/ },
  { room: 'journal', may: /^(journal|contract)\/|^node:(buffer|crypto)$/ },
  { room: 'intake', may: /^(intake|contract)\// },
  { room: 'witness', may: /^(witness|contract)\// },
  { room: 'host/agent/kernel', may: /^(host\/agent\/kernel\/|zod\/mini$|node:)/ },
  {
    room: 'host/agent/journal',
    may: /^(host\/agent\/(kernel|journal)\/|journal\/|contract\/|@aws-sdk\/client-s3$|zod\/mini$|node:)/,
  },
  // Writer and applier do not know each other: what both need is in `journal/`.
  { room: 'host/agent/writer', may: /^(host\/agent\/(kernel|journal|writer)\/|journal\/|contract\/|node:)/ },
  // It asks the writer by its socket alone, which whoever starts it hands over.
  {
    room: 'host/agent/intake',
    may: /^(host\/agent\/(kernel|journal|intake)\/|intake\/|contract\/|@aws-sdk\/client-s3$|yauzl$|zod\/mini$|node:)/,
  },
  // A bundle of its own: stacks without a journal have it.
  {
    room: 'host/agent/witness',
    may: /^(host\/agent\/witness\/|witness\/|contract\/|@aws-sdk\/client-dynamodb$|zod\/mini$|node:)/,
  },
  {
    room: 'host/agent',
    may: /^(host\/agent\/|intake\/|journal\/|witness\/|contract\/|@aws-sdk\/client-(dynamodb|s3)$|yauzl$|zod\/mini$|node:)/,
  },
  { room: 'host/agent/applier', may: /^(host\/agent\/(kernel|journal|applier)\/|journal\/|contract\/|node:)/ },
  { room: 'proof/journal', may: /^(proof\/journal\/|journal\/|rehearsal\/command\/)/ },
  // What is seen is known to all that decide by it, and knows none of them; a message is words for what was decided.
  { room: 'lambda/core/world', may: /^(lambda\/core\/world|contract)\// },
  { room: 'lambda/core/message', may: /^(lambda\/core\/(message|world)|contract)\// },
  { room: 'lambda/core', may: /^(lambda\/core|contract)\// },
  { room: 'lambda/aws', may: /^(lambda\/(core|aws)\/|contract\/|@aws(-sdk)?\/|zod\/mini$|node:)/ },
  { room: 'lambda/heal', may: /^(lambda\/(core|aws|heal)\/|contract\/|@aws(-sdk)?\/|zod\/mini$|node:)/ },
  { room: 'lambda/drill', may: /^(lambda\/(core|aws|drill)\/|contract\/|@aws(-sdk)?\/|node:)/ },
  { room: 'lambda/guard', may: /^(lambda\/(core|aws|guard)\/|contract\/)/ },
  { room: 'lambda/witness', may: /^(lambda\/(core|aws|witness)\/|contract\/|zod\/mini$)/ },
  // It has the page, which no other function has: theirs is to be small.
  { room: 'lambda/page', may: /^(lambda\/(core\/world|aws|page)\/|report\/|contract\/|zod\/mini$)/ },
  { room: 'lambda/keep', may: /^(lambda\/(core|aws|keep)\/|contract\/|@aws(-sdk)?\/|aws-lambda$|node:)/ },
  // What people see is what the functions see. Of the simulator it knows the way to a rehearsal that is held, and that only where it is asked for.
  // It works out what settings cost, and synthesizes them for that in one file, which is loaded late. A journal it reads as hosts do.
  {
    room: 'operator',
    may: /^(operator\/|report\/|intake\/|journal\/|host\/agent\/journal\/(ahead|s3|store)\.ts$|lambda\/(aws|core)\/|contract\/|simulator\/held\/(client|read)\.ts$|lib\/(people-topic|props\/refusal|stack\/(remount-stack|settings))\.ts$|aws-cdk-lib$|@aws-sdk\/|@stricli\/core$|fflate$|node:)/,
  },
  // The page of an incident, for whoever has its record: the record's types and words, and the renderer.
  { room: 'report', may: /^(report\/|lambda\/core\/(world|message)\/|contract\/|preact(-render-to-string)?$)/ },
  { room: 'lib', may: /^(lib\/|contract\/|aws-cdk-lib|cdk-nag$|constructs$|esbuild$|zod$|node:)/ },
  // Another team's app has the constructs that are exported, and no others.
  { room: 'examples', may: /^(examples\/|lib\/(checks\/)?index\.ts$|aws-cdk-lib|cdk-nag$|constructs$)/ },
  { room: 'simulator/time', may: /^(simulator\/time\/|lambda\/core\/world\/clock\.ts$|node:)/ },
  // The journal's own rules, and the simulated services that its agents call.
  { room: 'simulator/journal', may: /^(simulator\/|journal\/|contract\/|node:)/ },
  // So with the intake's: its rules, and the journal's agents beside it.
  { room: 'simulator/intake', may: /^(simulator\/|intake\/|contract\/|node:)/ },
  { room: 'simulator/witness', may: /^(simulator\/|witness\/|contract\/|node:)/ },
  { room: 'simulator/disks', may: /^(simulator\/disks\/|contract\/|node:)/ },
  // The types of a function's runtime, and nothing else of what it runs.
  {
    room: 'simulator/aws',
    may: /^(simulator\/|contract\/|lambda\/aws\/runtime\.ts$|@aws(-sdk)?\/|aws-lambda$|node:)/,
  },
  // It judges: what it judges does not know it. A page is made of a record, and judges nothing. The stack is reached through its templates and bundles, and by file path.
  { room: 'rehearsal', may: /^(rehearsal\/|report\/|simulator\/|contract\/|lib\/|aws-cdk-lib|node:|zod$)/ },
  {
    room: 'proof/conformance',
    may: /^(proof\/(conformance|faults)\/|proof\/permissions\/(people|survey)\.ts$|rehearsal\/|simulator\/|contract\/|@aws(-sdk)?\/|@cloud-copilot\/iam-data$|node:)/,
  },
  { room: 'proof/mutants', may: /^(proof\/mutants\/|rehearsal\/command\/|contract\/listed\.ts$|node:)/ },
  // It alone runs the handlers' sources.
  { room: 'proof/faults', may: /^(proof\/faults\/|rehearsal\/|simulator\/|contract\/|lambda\/|node:)/ },
  {
    room: 'proof/bench',
    may: /^(proof\/(bench|faults)\/|rehearsal\/|simulator\/|contract\/|lib\/|host\/agent\/kernel\/|aws-cdk-lib$|node:)/,
  },
  // It runs the commands of people, with the policies that they get.
  {
    room: 'proof/permissions',
    may: /^(proof\/(permissions|faults)\/|operator\/(connect|command\/app)\.ts$|rehearsal\/|simulator\/|contract\/|@aws-sdk\/client-ec2$|@stricli\/core$|node:)/,
  },
  { room: 'proof/damage', may: /^(proof\/damage\/|rehearsal\/command\/|simulator\/|contract\/|lib\/|node:)/ },
];

describe('imports run one way', () => {
  test.each(RULES)('$room', ({ room, may }) => {
    const files = sources(room);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((name) => !may.test(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('a construct does not know the stack that is made of it', () => {
    const wrong = sources('lib').filter(
      (file) =>
        !file.startsWith('lib/stack/') &&
        file !== 'lib/index.ts' &&
        imports(file).some((name) => name.startsWith('lib/stack/')),
    );
    expect(wrong).toEqual([]);
  });

  test('the constructs are reached without cdk-nag', () => {
    const needed = new Set<string>();
    const reach = (file: string) => {
      if (needed.has(file)) return;
      needed.add(file);
      if (file.endsWith('.ts')) for (const name of imports(file)) reach(name);
    };
    reach('lib/index.ts');
    expect(needed.size).toBeGreaterThan(30);
    expect(needed).not.toContain('cdk-nag');
  });

  test('the command line knows the CDK in one file alone', () => {
    const wrong = sources('operator').filter(
      (file) =>
        file !== 'operator/cost/synthesize.ts' && imports(file).some((name) => /^(lib\/|aws-cdk-lib)/.test(name)),
    );
    expect(wrong).toEqual([]);
  });

  test('and in no circle, also of types', () => {
    const graph = new Map(ROOMS.flatMap(sources).map((file) => [file, imports(file)]));
    expect(circles(graph)).toEqual([]);
  });

  test('core has no clock, chance or environment of its own', () => {
    const own = /Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|randomUUID/;
    expect(sources('lambda/core').filter((file) => own.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });

  test('the simulation takes its time from the virtual clock and its chance from the seed', () => {
    // durable.ts hands the SDK times of the real clock, for the SDK compares them with it.
    const real = /Date\.now|new Date\(\)|Math\.random|randomUUID/;
    const wrong = ['simulator/aws', 'rehearsal/scenarios', 'rehearsal/cross-stack']
      .flatMap(sources)
      .filter(
        (file) => file !== 'simulator/aws/lambda/durable.ts' && real.test(readFileSync(join(ROOT, file), 'utf8')),
      );
    expect(wrong).toEqual([]);
  });
});

/** Each file from which imports lead back to itself, with the way. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]) => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (done.has(file) || way.includes(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

test('no file is far beyond 300 lines', () => {
  const long = ROOMS.flatMap(sources).filter(
    (file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > MOST_LINES,
  );
  expect(long).toEqual([]);
});

/** The linter judges it, types and constructors too: what holds here is that it does, everywhere. */
test('a function has five parameters at most, and what a file offers is named', () => {
  const { linter, overrides, files } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  const { complexity, performance } = linter.rules;
  expect(complexity.useMaxParams).toEqual({ level: 'error', options: { max: 5 } });
  expect(performance.noReExportAll).toBe('error');
  expect(overrides).toBeUndefined();
  expect(files.includes).toEqual(['**', '!**/__snapshots__', '!package-lock.json']);
  const excused = ROOMS.flatMap(sources).filter((file) =>
    /biome-ignore(-all|-start)?\s+lint(:|\/(complexity(:|\/useMaxParams)|performance(:|\/noReExportAll)))/.test(
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  );
  expect(excused).toEqual([]);
});

describe('rooms', () => {
  const rooms = ROOMS.filter((room) => room !== 'test').flatMap((room) => [...new Set(sources(room).map(dirname))]);

  test('no folder holds more than a newcomer looks through', () => {
    const files = (room: string) => readdirSync(join(ROOT, room), { withFileTypes: true }).filter((e) => e.isFile());
    const full = rooms.map((room) => [room, files(room).length] as const);
    expect(full.filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  test.each([
    'contract',
    'host',
    'intake',
    'journal',
    'lambda',
    'lib',
    'proof',
    'rehearsal',
    'report',
    'simulator',
    'test',
  ])('%s says what it is for', (room) => {
    const readme = readFileSync(join(ROOT, room, 'README.md'), 'utf8');
    // Each room within it is named there.
    const inner = readdirSync(join(ROOT, room), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (room !== 'host' && room !== 'test')
      for (const { name } of inner) expect([room, name, readme.includes(`${name}/`)]).toEqual([room, name, true]);
  });

  test('a path that a README of a room names is there', () => {
    const named = ['contract', 'intake', 'journal', 'lambda', 'lib', 'proof', 'rehearsal', 'simulator'].flatMap(
      (room) =>
        [...readFileSync(join(ROOT, room, 'README.md'), 'utf8').matchAll(/`((?:[\w-]+\/)+[\w-]*(?:\.\w+)?)`/g)].map(
          ([, path = '']) => [room, path] as const,
        ),
    );
    expect(named.length).toBeGreaterThan(30);
    const all = ROOMS.flatMap((room) => [
      room,
      ...readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
    ]).map((path) => `/${path}`);
    const there = (path: string) => all.some((one) => one.endsWith(`/${path.replace(/\/$/, '')}`));
    expect(named.filter(([, path]) => !there(path) && !['docs/', 'host/'].some((d) => path.startsWith(d)))).toEqual([]);
  });
});

test('host verbs can be executed', () => {
  const verbs = readdirSync(join(ROOT, 'host')).filter((name) => name.endsWith('.sh'));
  expect(verbs.length).toBeGreaterThanOrEqual(8);
  for (const verb of verbs) expect([verb, statSync(join(ROOT, 'host', verb)).mode & 0o555]).toEqual([verb, 0o555]);
});
