/**
 * The API reference, from the docstrings: `npm run docs` writes `docs/api/`, and `npm run docs -- --check` says what of it is not as it would
 * be written. Both fail where something that is exported says nothing of itself (decision 32).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { API } from 'typescript/unstable/sync';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand } from '../rehearsal/command/command.ts';

const ROOT = join(import.meta.dirname, '..');
/** A package of its own: typedoc needs an older compiler than the project has. */
const TOOL = join(import.meta.dirname, 'reference');
const PAGES = join(ROOT, 'docs/api');
const WORK = join(ROOT, '.cache/reference');
const MADE = join(WORK, 'pages');
/** What the package exports: see `exports` in `package.json`. */
const ENTRY_POINTS = ['lib/index.ts', 'lib/checks/index.ts'].map((path) => join(ROOT, path));
const INTRODUCTION = `
What \`remount\` exports, and \`remount/checks\` on [a page of its own](checks.md). [Constructs](../constructs.md) shows how they are used.
These pages are made of the docstrings by \`npm run docs\`: change those, and not these.
`;

const HELP = `Writes docs/api/, the API reference, from the docstrings of what the package exports.

Usage: npm run docs -- [options]

  --check  write nothing, and name the pages of docs/api/ that are not as they would be written
  --help   print this and stop

Exit codes: 0 written, or with --check all as it would be; 1 a page is not, or something that is exported says nothing of itself; 2 wrong usage.
`;

interface Exported {
  readonly name: string;
  /** Path of the file that declares it. */
  readonly file: string;
}

function exportedBy(entryPoints: readonly string[]): Exported[] {
  const api = new API({ cwd: ROOT });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.build.json')] }).getProjects();
    if (!project) throw new Error('tsconfig.build.json was not opened');
    const { checker, program } = project;
    return entryPoints.flatMap((entry) => {
      const source = program.getSourceFile(entry);
      const module = source && checker.getSymbolAtLocation(source);
      if (!module) throw new Error(`${entry} exports nothing`);
      return checker.getExportsOfModule(module).map((symbol) => {
        const [declared] = checker.getAliasedSymbol(symbol).declarations;
        if (!declared) throw new Error(`${symbol.name} of ${entry} is declared nowhere`);
        return { name: symbol.name, file: declared.path };
      });
    });
  } finally {
    api.close();
  }
}

/** A page for each file, so that a construct stands beside its props; one for the contract, and one for the checks. */
function pageOf({ file }: Exported): string {
  const room = relative(ROOT, dirname(file));
  return room === 'contract' || room === 'lib/checks' ? basename(room) : basename(file, '.ts');
}

/** A module for each page, which exports what is to be on it: the files export more, for each other. @returns their paths */
function writeModules(exported: readonly Exported[]): string[] {
  return [...Map.groupBy(exported, pageOf)].map(([page, all]) => {
    const names = all.map(({ name }) => name).sort();
    const path = join(WORK, `${page}.ts`);
    const lines = all.map(({ name, file }) => `export { ${name} } from '${relative(WORK, file)}';\n`);
    writeFileSync(path, `/** ${names.map((name) => `{@link ${name}}`).join(', ')} @module */\n${lines.join('')}`);
    return path;
  });
}

/** @returns whether there was nothing to complain of */
function generate(): boolean {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const [tsconfig, config] = [join(WORK, 'tsconfig.json'), join(WORK, 'typedoc.json')];
  const compilerOptions = { rootDir: ROOT, isolatedModules: false, verbatimModuleSyntax: false };
  writeFileSync(
    tsconfig,
    JSON.stringify({ extends: join(ROOT, 'tsconfig.build.json'), compilerOptions, include: ['*.ts'] }),
  );
  const entryPoints = writeModules(exportedBy(ENTRY_POINTS)).sort();
  const plugin = [join(TOOL, 'node_modules/typedoc-plugin-markdown/dist/index.js')];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(TOOL, 'typedoc.json'), entryPoints, tsconfig, plugin, out: MADE }),
  );
  const typedoc = [join(TOOL, 'node_modules/typedoc/bin/typedoc'), '--options', config];
  if (spawnSync(process.execPath, typedoc, { cwd: ROOT, stdio: 'inherit' }).status !== 0) return false;
  const index = join(MADE, 'README.md');
  writeFileSync(
    index,
    readFileSync(index, 'utf8').replace('\n', () => `\n${INTRODUCTION}`),
  );
  return true;
}

/** Pages that are not as they were made, that are missing, or that nothing makes. */
function stale(): string[] {
  const pages = new Set([MADE, PAGES].flatMap((folder) => readdirSync(folder)));
  const text = (folder: string, page: string) => {
    try {
      return readFileSync(join(folder, page), 'utf8');
    } catch {
      return undefined;
    }
  };
  return [...pages].filter((page) => text(MADE, page) !== text(PAGES, page)).sort();
}

function main(): number {
  const { check, help } = readArguments(process.argv.slice(2), { check: FLAG, help: HELP_FLAG });
  if (help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  if (!generate()) return EXIT.failed;
  if (check) {
    const wrong = stale();
    for (const page of wrong) process.stderr.write(`docs/api/${page} is not what the docstrings say: npm run docs\n`);
    return wrong.length === 0 ? EXIT.ok : EXIT.failed;
  }
  rmSync(PAGES, { recursive: true, force: true });
  cpSync(MADE, PAGES, { recursive: true });
  return EXIT.ok;
}

await runCommand('The reference could not be written', main);
