import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

/** What a file imports, types included: project files as paths from the root, packages by name. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return found.map((name) => (name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name));
}

/** DESIGN, section 4: imports run one way. Each folder, and all that it may import. */
const RULES: readonly { readonly folder: string; readonly may: RegExp }[] = [
  { folder: 'lambda/core', may: /^lambda\/core\// },
  { folder: 'lambda/aws', may: /^(lambda\/(core|aws)\/|lib\/contract\.ts$|@aws(-sdk)?\/|node:)/ },
  { folder: 'lambda/heal', may: /^(lambda\/(core|aws|heal)\/|lib\/contract\.ts$|@aws(-sdk)?\/|node:)/ },
  { folder: 'lambda/drill', may: /^(lambda\/(core|aws|drill)\/|lib\/contract\.ts$|@aws(-sdk)?\/|node:)/ },
  { folder: 'lambda/guard', may: /^(lambda\/(core|aws|guard)\/|lib\/contract\.ts$)/ },
  { folder: 'lambda/keep', may: /^(lambda\/(core|aws|keep)\/|lib\/contract\.ts$|@aws(-sdk)?\/|aws-lambda$|node:)/ },
  { folder: 'lib', may: /^(lib\/|aws-cdk-lib|cdk-nag$|constructs$|esbuild$|zod$|node:)/ },
  // Another team's app has the constructs that are exported, and no others.
  { folder: 'examples', may: /^(examples\/|lib\/index\.ts$|aws-cdk-lib|cdk-nag$|constructs$)/ },
  {
    folder: 'rehearsal/cloud',
    may: /^(rehearsal\/(cloud|disks)\/|rehearsal\/(clock|random)\.ts$|lambda\/aws\/runtime\.ts$|lib\/contract\.ts$|@aws(-sdk)?\/|aws-lambda$|node:)/,
  },
  // It judges: what it judges does not know it. The stack is reached through its templates and bundles, and by file path.
  {
    folder: 'conformance',
    may: /^(conformance\/|rehearsal\/|lib\/contract\.ts$|@aws(-sdk)?\/|@cloud-copilot\/iam-data$|node:)/,
  },
  { folder: 'rehearsal/disks', may: /^(rehearsal\/disks\/|lib\/contract\.ts$|node:)/ },
];

describe('imports run one way', () => {
  test.each(RULES)('$folder', ({ folder, may }) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((name) => !may.test(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('core has no clock, chance or environment of its own', () => {
    const wrong = sources('lambda/core').filter((file) =>
      /Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|randomUUID/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('the simulation takes its time from the virtual clock and its chance from the seed', () => {
    // durable.ts hands the SDK times of the real clock, for the SDK compares them with it.
    const wrong = ['rehearsal/cloud', 'rehearsal/scenarios']
      .flatMap(sources)
      .filter(
        (file) =>
          file !== 'simulator/aws/lambda/durable.ts' &&
          /Date\.now|new Date\(\)|Math\.random|randomUUID/.test(readFileSync(join(ROOT, file), 'utf8')),
      );
    expect(wrong).toEqual([]);
  });
});

test('no file is far beyond 300 lines', () => {
  const long = ['bin', 'build', 'conformance', 'examples', 'lib', 'lambda', 'permissions', 'rehearsal', 'test']
    .flatMap(sources)
    .filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 350);
  expect(long).toEqual([]);
});

test('host verbs can be executed', () => {
  const verbs = readdirSync(join(ROOT, 'host')).filter((name) => name.endsWith('.sh'));
  expect(verbs.length).toBeGreaterThanOrEqual(8);
  for (const verb of verbs) expect([verb, statSync(join(ROOT, 'host', verb)).mode & 0o555]).toEqual([verb, 0o555]);
});
