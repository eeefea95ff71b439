import { describe, expect, test } from '@jest/globals';
import { HOLE, isNode, type Node, nodesIn, nodesOf, sources, textOf } from './syntax.ts';

/** What decides, and what judges: neither looks into a sentence. Messages, reasons, refusals and events have codes and fields. */
const ROOMS = ['lambda/core', 'proof', 'rehearsal'];

/** What may be read as text, for other programs wrote it: by file, and by program. */
const OTHERS: Readonly<Record<string, string>> = {
  'lambda/core/drill/notify.ts': 'host/check.sh, which names a file a line',
  'proof/conformance/parts/agents.ts': 'host/report.sh, which sends gauges',
  'proof/conformance/parts/durable.ts': 'Node, of an error that ends a process',
  'proof/conformance/models/errors.ts': "AWS's API references",
  'proof/conformance/models/filters.ts': "AWS's API models",
  'proof/conformance/parts/template.ts': 'the emulators of CloudFormation',
  'proof/damage/kinds.ts': 'xfs_db and xfs_logprint',
  'proof/damage/kinds-trees.ts': 'xfs_db',
  'proof/damage/load.ts': 'SQLite',
  'proof/damage/tools.ts': 'xfs_db',
  'proof/permissions/asking.ts': 'AWS, of a call that is denied',
  'rehearsal/scenarios/volumes/bad-wednesday.ts': "the kernel's log",
};

const LOOKS_INTO = [
  'includes',
  'startsWith',
  'endsWith',
  'indexOf',
  'lastIndexOf',
  'match',
  'matchAll',
  'search',
  'split',
];

/** Two words or more, or one beside a value. */
function isProse(text: string): boolean {
  const parts = text.split(' ').filter((part) => part.includes(HOLE) || /[a-z]/i.test(part));
  return parts.length > 1 && parts.some((part) => /[a-z]{2}/i.test(part));
}

/** What a pattern looks for, with a hole for what may be anything. */
function patternText(pattern: string): string {
  return pattern.replace(/\\[a-zA-Z]|\[[^\]]*\]|\./g, HOLE).replace(/\(\?[:=!<]+/g, '(');
}

/** The text that a node looks for in another one, or compares it with. */
function soughtBy(node: Node): readonly (string | undefined)[] {
  const args = (node.arguments ?? []) as readonly unknown[];
  switch (node.type) {
    case 'RegExpLiteral':
      return [patternText(String(node.pattern))];
    case 'NewExpression':
      return isNode(node.callee) && node.callee.name === 'RegExp' ? args.slice(0, 1).map(patternOf) : [];
    case 'CallExpression':
    case 'OptionalCallExpression': {
      const { callee } = node;
      if (!isNode(callee) || !isNode(callee.property) || !LOOKS_INTO.includes(String(callee.property.name))) return [];
      const listed = isNode(callee.object) && callee.object.type === 'ArrayExpression' ? callee.object.elements : [];
      return [...args, ...(listed as readonly unknown[])].map(textOf);
    }
    case 'BinaryExpression':
      return String(node.operator).endsWith('==') || String(node.operator) === '!=='
        ? [node.left, node.right].map(textOf)
        : [];
    case 'SwitchCase':
      return [textOf(node.test)];
    default:
      return [];
  }
}

function patternOf(node: unknown): string | undefined {
  const text = textOf(node);
  return text === undefined ? undefined : patternText(text);
}

/** Lines that look into a sentence. */
function readings(nodes: Iterable<Node>): string[] {
  const found: string[] = [];
  for (const node of nodes)
    for (const text of soughtBy(node))
      if (text !== undefined && isProse(text)) found.push(`${node.loc?.start.line}: ${text.replaceAll(HOLE, '_')}`);
  return found;
}

describe('nothing is decided or judged by a sentence', () => {
  const files = ROOMS.flatMap(sources);

  test.each(ROOMS)('%s', (room) => {
    const wrong = files
      .filter((file) => file.startsWith(`${room}/`) && !(file in OTHERS))
      .flatMap((file) => readings(nodesOf(file)).map((reading) => `${file}:${reading}`));
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(OTHERS))('%s reads what others write: %s', (file) => {
    expect(files).toContain(file);
    expect(readings(nodesOf(file)).length).toBeGreaterThan(0);
  });
});

describe('what counts as a sentence', () => {
  test.each([
    "message.includes('needs a person')",
    `what.startsWith(\`\${id} is healthy\`)`,
    `what.endsWith(\` from \${id}\`)`,
    '/no completed snapshot/.test(text)',
    '/^(i-\\w+) is (?:stopped|terminated)$/.exec(what)',
    `new RegExp(\`^\${id} is stopp\`)`,
    "found === 'the same volume'",
    "['it is so', 'not'].includes(word)",
    "switch (word) { case 'it is so': }",
    "text?.split('and so on')",
  ])('%s', (code) => {
    expect(readings(nodesIn(code))).toHaveLength(1);
  });

  test.each([
    "codes.includes('noPoint')",
    "detail.split('; ')",
    `lines.includes(\`\${host} \${volume}\`)`,
    `key === \`\${host} \${volume}\``,
    '/^vol-\\w+$/.test(id)',
    '/= (\\d+)/.exec(line)',
    "throw new Error('it is not so')",
    "check('it is kept', true, 'yes')",
  ])('%s: not', (code) => {
    expect(readings(nodesIn(code))).toEqual([]);
  });
});
