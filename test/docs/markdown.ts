/** What the tests of the documents read of Markdown: only what the documents here use. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/** Folders that are made, and none of the project's own. */
const MADE = ['node_modules', '.git', '.cache', 'cdk.out', 'coverage', 'dist'];

/** Every file of the project, by its path from the root. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (MADE.includes(entry.name)) return [];
    return entry.isDirectory() ? projectFiles(path) : [path];
  });
}

export const documents = (): string[] => projectFiles().filter((path) => path.endsWith('.md'));

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Without blocks of code. */
export const prose = (text: string): string => text.replace(/^ *```.*\n[\s\S]*?^ *```$/gm, '');

/** The lines of all blocks of shell. */
export function shellLines(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line.trim() !== '');
}

/** Where the links of a text lead to. */
export function links(text: string): string[] {
  const plain = prose(text).replace(/`[^`\n]*`/g, '');
  return [...plain.matchAll(/\]\(\s*([^)\s]+)\s*\)/g)].map(([, target = '']) => target);
}

/** The anchors of a document: those that it names, and its headings', as GitHub makes them, which numbers the later of equal ones. */
export function anchors(text: string): string[] {
  const seen = new Map<string, number>();
  const named = [...prose(text).matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id = '']) => id);
  const headings = [...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return [...named, ...headings];
}

/** Cells of each row of a document's tables; heads and lines of dashes are rows, too. */
export function rows(text: string): string[][] {
  return prose(text)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
