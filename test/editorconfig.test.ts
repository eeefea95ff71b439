import { expect, test } from '@jest/globals';
import { projectFiles, read } from './docs/markdown.ts';

/** What `.editorconfig` asks of every file, and no formatter looks at: scripts, documents, configurations. */
const TEXTS =
  /\.(md|sh|ts|js|json|ya?ml|py|conf|service|timer|txt)$|(^|\/)(\.editorconfig|\.npmrc|\.gitignore|run|subjects)$/;

test('every text ends with a newline, and has no blanks at the end of a line, and no carriage return', () => {
  const texts = projectFiles().filter((path) => TEXTS.test(path));
  expect(texts.length).toBeGreaterThan(500);
  const wrong = texts.flatMap((path) => {
    const text = read(path);
    const at = text.split('\n').findIndex((line) => /[ \t\r]$/.test(line));
    if (at >= 0) return [`${path}:${at + 1}: ends with a blank or a carriage return`];
    return text === '' || text.endsWith('\n') ? [] : [`${path}: ends without a newline`];
  });
  expect(wrong).toEqual([]);
});
