import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchors, documents, links, projectFiles, read } from './markdown.ts';

const FILES = projectFiles();
const FOLDERS = new Set(FILES.flatMap((path) => parents(path)));
const OUTSIDE = /^[a-z]+:/;

function parents(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...parents(folder)];
}

/** Why a target leads nowhere, if so. @param from the document that has it */
function leadsNowhere(from: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? from : join(dirname(from), decodeURIComponent(path)).replace(/\/$/, '');
  if (!FILES.includes(to) && !FOLDERS.has(to)) return `${from}: ${target}: there is no ${to}`;
  if (anchor === undefined) return undefined;
  return anchors(read(to)).includes(anchor) ? undefined : `${from}: ${target}: ${to} has no such heading`;
}

describe('links', () => {
  test.each(documents())('of %s lead somewhere', (document) => {
    const inner = links(read(document)).filter((target) => !OUTSIDE.test(target));
    expect(inner.flatMap((target) => leadsNowhere(document, target) ?? [])).toEqual([]);
  });

  test('are looked at: there are many, with anchors and without', () => {
    const all = documents().flatMap((document) => links(read(document)).filter((target) => !OUTSIDE.test(target)));
    expect(all.filter((target) => target.includes('#')).length).toBeGreaterThan(30);
    expect(all.filter((target) => !target.includes('#')).length).toBeGreaterThan(60);
  });

  test.each([
    ['README.md', 'docs/nowhere.md', 'README.md: docs/nowhere.md: there is no docs/nowhere.md'],
    ['docs/drills.md', 'runbook.md#nowhere', 'docs/drills.md: runbook.md#nowhere: docs/runbook.md has no such heading'],
    ['docs/drills.md', 'README.md', 'docs/drills.md: README.md: there is no docs/README.md'],
  ])('%s: one to %s would be found', (from, target, said) => expect(leadsNowhere(from, target)).toBe(said));
});

describe('paths in documents', () => {
  const PATH =
    /`((?:bin|build|contract|docs|examples|host|journal|lambda|lib|proof|rehearsal|simulator|test|\.ci)\/[\w./-]*)`/g;
  /** No file, but the form of a name. */
  const FORMS = ['test/a/b/c.test.ts'];
  const named = documents().flatMap((document) =>
    [...read(document).matchAll(PATH)].map(([, path = '']) => [document, path] as const),
  );

  test('are there', () => {
    expect(named.length).toBeGreaterThan(100);
    const missing = named.filter(([, path]) => {
      const plain = path.replace(/\/$/, '');
      return !FILES.includes(plain) && !FOLDERS.has(plain) && !FORMS.includes(path);
    });
    expect(missing).toEqual([]);
  });
});

/** Results and comments send people to these pages. */
describe('pages that code names', () => {
  const code = FILES.filter((path) => /\.(ts|sh|json|conf|service|timer)$/.test(path) && !path.startsWith('test/'));
  const named = code.flatMap((path) =>
    [...read(path).matchAll(/\bdocs\/[\w/-]+\.md(#[\w-]+)?/g)].map(([target]) => [path, target] as const),
  );

  test('are there, with their headings', () => {
    // What messages and alarms link to is held by `runbook.test.ts` and `render.test.ts`.
    expect(named.length).toBeGreaterThan(10);
    expect(
      named.flatMap(([path, target]) => leadsNowhere('README.md', target)?.replace('README.md', path) ?? []),
    ).toEqual([]);
  });
});

test('every page is reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const document of reached)
    for (const target of links(read(document))) {
      const [path = ''] = target.split('#');
      const to = join(dirname(document), path);
      if (to.endsWith('.md') && FILES.includes(to)) reached.add(to);
    }
  expect(documents().filter((document) => !reached.has(document))).toEqual([]);
});
