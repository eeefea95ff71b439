import type { Behaviour, Report } from './part.ts';

export interface Said extends Report {
  readonly part: string;
  /** Why it could not be asked on this machine. */
  readonly lacking?: string;
}

/** What nobody can say who has no account: it stands in the document as it is. */
const OPEN: readonly string[] = [
  'whether AWS takes the template as a whole: quotas, the account, service-linked roles, the order in which things become ready',
  'how long things really take: the simulated latencies are from the documents that the code names, and sampled',
  'EC2 error codes: its model lists none for any operation; the codes are those of the page "Error codes for the Amazon EC2 API"',
  'what Data Lifecycle Manager does at its scheduled times: no emulator has it',
  'how Lambda reads a stream: the size of batches, a batch twice, how often and after what time one that failed comes again, how it is halved, what is discarded and what a queue is told of it: moto hands each record over once, when it is written; MiniStack takes the settings, and halves nothing and counts no repetitions',
  "the agents' own parsers: their code is in no registry that is used here, so structure is held against documentation and cfn-lint",
  'real EBS: lazy loading, stalled I/O, NVMe serials; and what a real kernel of Amazon Linux does there',
];

/** For a terminal. */
export function text(said: readonly Said[]): string {
  const lines = said.flatMap(({ part, verdicts, behaviours = [] }) => [
    `\n${part}`,
    ...verdicts.map(
      ({ asked, of, said: answer, ok }) => `  ${ok ? 'holds ' : 'FAILS '} ${asked}\n           ${of}: ${answer}`,
    ),
    ...behaviours.map(
      (b) => `  ${b.behaviour}\n           ours: ${b.ours}; moto: ${b.moto}; MiniStack: ${b.ministack}`,
    ),
  ]);
  const verdicts = said.flatMap((each) => each.verdicts);
  const failed = verdicts.filter(({ ok }) => !ok).length;
  return `${lines.join('\n')}\n\n${verdicts.length - failed} of ${verdicts.length} hold\n`;
}

const cell = (value: string) => value.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

/** `docs/conformance.md`. */
export function document(said: readonly Said[]): string {
  const verdicts = said.flatMap(({ part, verdicts }) => verdicts.map((each) => [part, each.asked, each.of, each.said]));
  const behaviours: Behaviour[] = said.flatMap(({ behaviours = [] }) => [...behaviours]);
  return `# What others say of it

Written by \`npm run conformance -- --write\`: not by hand. The stack and its simulated AWS are held against things that nobody here
wrote. Where somebody finds something that stays, it is on a list in \`proof/conformance/\` with its reason, and the check fails when the list and
what is found differ, in either direction.

## What was asked of whom

${table(['part', 'asked', 'of', 'said'], verdicts)}

## Behaviours of AWS that the stack leans on

Each is tried by the command on the simulated AWS (ours) and on two emulators of other makers, over HTTP. Where ours says something
else than an emulator, the documentation named is what ours follows.

${table(
  ['behaviour', 'documented', 'ours', 'moto', 'MiniStack'],
  behaviours.map((b) => [b.behaviour, b.source, b.ours, b.moto, b.ministack]),
)}

## What nobody can judge without an account

${OPEN.map((each) => `- ${each}`).join('\n')}
`;
}
