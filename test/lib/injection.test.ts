import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EXIT, VERB_PARAMETER } from '../../contract/contract.ts';
import { ContentJournal } from '../../lib/content-journal.ts';
import { FreezeDocument } from '../../lib/internal/freeze-document.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { resourcesOf, templateOf } from './support.ts';

interface Document {
  readonly verb: string;
  readonly parameters: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly script: string;
}

/** What the agent runs, read from the template: each document's script and its parameters. */
const read = (template: ReturnType<typeof templateOf>): readonly Document[] =>
  resourcesOf(template, 'AWS::SSM::Document').map(({ Properties }) => {
    const { parameters, mainSteps } = Properties.Content as {
      readonly parameters: Document['parameters'];
      readonly mainSteps: readonly {
        readonly name: string;
        readonly inputs: { readonly runCommand: readonly string[] };
      }[];
    };
    const [step] = mainSteps;
    return { verb: step?.name ?? '', parameters, script: step?.inputs.runCommand.join('\n') ?? '' };
  });
const documents = read(
  templateOf((stack) => {
    new HostDocuments(stack, 'Host', new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key') }));
  }),
);
const [dlm] = read(templateOf((stack) => void new FreezeDocument(stack, 'Freeze')));

/** A value that each parameter takes, so that only the attacked one can be the reason for a refusal. */
const SOUND: Readonly<Record<string, string>> = {
  [VERB_PARAMETER.volume]: 'alpha',
  [VERB_PARAMETER.volumeId]: 'vol-0123456789abcdef0',
  [VERB_PARAMETER.seed]: '7',
  [VERB_PARAMETER.portion]: '3/24/1764000000',
  [VERB_PARAMETER.term]: '2',
  [VERB_PARAMETER.bucket]: 'journals',
  [VERB_PARAMETER.region]: 'eu-west-1',
};

/** Behind a sound value. `x` would appear in the working directory. */
const COMMANDS: Readonly<Record<string, string>> = {
  'a substitution': '$(touch x)',
  backticks: '`touch x`',
  'a second command': '; touch x',
  'a command in the background': '& touch x',
  'a command on success': '&& touch x',
  'a command on failure': '|| touch x',
  'a pipe': '| tee x',
  'a redirection': '> x',
  'a second line': '\ntouch x',
  'a newline at the end': '\n',
  'a carriage return': '\rtouch x',
  'an end of single quotes': `'; touch x; '`,
  'an end of double quotes': '"; touch x; "',
  'a backslash': '\\',
  'a variable': `\${IFS}touch\${IFS}x`,
  'a variable of the verb': '$SSM_Volume',
  'a pattern': '*',
  'a tilde': '~',
  'a format': '%s%n',
  'another directory': '/../../../x',
  'a blank': ' x',
  'a tab': '\tx',
  'a comment': ' # x',
  'an escape sequence': '\u001b[2J',
  'text from right to left': '\u202ex',
  'a letter of another script': '\u0430',
  'a letter of full width': '\uff41',
  'an accent': '\u00e9',
  'a parameter of the document': '{{Volume}}',
};
const WHOLE: Readonly<Record<string, string>> = {
  nothing: '',
  'an option': '--help',
  'a short option': '-rf',
  'a very long value': 'a'.repeat(100_000),
  'a very long number': '0'.repeat(100_000),
  'a path': '/etc/passwd',
  'a parent directory': '..',
};

/** What is sent to the script, and of which the pattern must refuse each. */
const attacks = (parameter: string): (readonly [name: string, value: string])[] => [
  ...Object.entries(WHOLE),
  ...Object.entries(COMMANDS).map(([name, text]) => [name, `${SOUND[parameter]}${text}`] as const),
  ['a command before a sound value', `$(touch x)${SOUND[parameter]}`],
  ['a sound value on the second line', `x\n${SOUND[parameter]}`],
];

const scratch = mkdtempSync(join(tmpdir(), 'remount-injection-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Runs a document's script as the agent does, with the pattern left out of account. */
function run(shell: string, { script }: Document, values: Readonly<Record<string, string>>) {
  const [root, cwd] = [join(scratch, 'root'), join(scratch, 'cwd')];
  for (const directory of [root, cwd]) mkdirSync(directory, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    // In a locale in which [a-z] may hold more than ASCII.
    LC_ALL: 'C.UTF-8',
    REMOUNT_ROOT: root,
    REMOUNT_WEB_USER: userInfo().username,
    REMOUNT_DEVICE_WAIT: '0',
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value])),
  };
  const { status, stdout, stderr } = spawnSync(shell, ['-s'], { cwd, env, input: `${script}\n`, encoding: 'utf8' });
  const made = [root, cwd].flatMap((directory) => readdirSync(directory));
  for (const directory of [root, cwd]) rmSync(directory, { recursive: true });
  return { status, stdout, stderr, made };
}

describe.each(documents)('the document of $verb', (document) => {
  const names = Object.keys(document.parameters);
  const sound = Object.fromEntries(names.map((name) => [name, SOUND[name] ?? '']));

  test('has only parameters that are attacked here, and takes the sound values', () => {
    expect(names.filter((name) => !(name in SOUND))).toEqual([]);
    for (const name of names)
      expect(SOUND[name]).toMatch(new RegExp(document.parameters[name]?.allowedPattern ?? '(?!)'));
    // Else a refusal below would say nothing.
    expect(run('dash', document, sound).status).not.toBe(EXIT.usage);
  });

  describe.each(names)('parameter %s', (name) => {
    // The `$` of some engines lets a newline at the end pass, Java's for one: that one is the script's to refuse.
    test('the pattern refuses every attack, from the first to the last character', () => {
      const { allowedPattern = '', interpolationType } = document.parameters[name] ?? {};
      expect(allowedPattern).toMatch(/^\^.*\$$/);
      expect(allowedPattern).not.toMatch(/\\s|\.\*|\(\?/);
      // Alternatives in parentheses alone: elsewhere they would take the anchors apart.
      expect(allowedPattern.replaceAll(/\([^()]*\)/g, '')).not.toMatch(/\|/);
      expect(interpolationType).toBe('ENV_VAR');
      const taken = attacks(name).filter(([, value]) => new RegExp(allowedPattern).test(value));
      expect(taken.map(([attack]) => attack)).toEqual([]);
    });

    test.each(['dash', 'bash'])(
      'without the pattern, the script refuses it as wrong usage and does nothing, in %s',
      (shell) => {
        for (const [attack, value] of attacks(name)) {
          const { status, stdout, stderr, made } = run(shell, document, { ...sound, [name]: value });
          expect([attack, status, stdout, made]).toEqual([attack, EXIT.usage, 'state=usage\n', []]);
          expect([attack, stderr.startsWith(`remount: SSM_${name} is "`)]).toEqual([attack, true]);
        }
      },
    );
  });
});

describe('the document that DLM runs', () => {
  if (!dlm) throw new Error('there is none');
  const sound: Readonly<Record<string, string>> = {
    command: 'pre-script',
    executionId: '01234567-89ab-cdef-0123-456789abcdef',
  };
  const allowed = (name: string, value: string): boolean => {
    const { allowedPattern, allowedValues } = dlm.parameters[name] ?? {};
    return allowedValues ? allowedValues.includes(value) : new RegExp(allowedPattern ?? '(?!)').test(value);
  };
  const hostile = (name: string): (readonly [string, string])[] => [
    // Nothing is None.
    ...Object.entries(WHOLE).filter(([, value]) => value !== ''),
    ...Object.entries(COMMANDS).map(([attack, text]) => [attack, `${sound[name]}${text}`] as const),
    ['a command before a sound value', `$(touch x)${sound[name]}`],
    ['a sound value on the second line', `x\n${sound[name]}`],
    ['None and more', 'None; touch x'],
  ];

  test('takes its parameters as environment variables, and sound values do their work', () => {
    expect(Object.keys(dlm.parameters).sort()).toEqual(Object.keys(sound).sort());
    for (const parameter of Object.values(dlm.parameters)) expect(parameter.interpolationType).toBe('ENV_VAR');
    for (const command of ['pre-script', 'post-script', 'dry-run'])
      expect([command, run('dash', dlm, { ...sound, command }).status]).toEqual([command, 0]);
  });

  describe.each(Object.keys(sound))('parameter %s', (name) => {
    test('Systems Manager refuses every attack', () => {
      expect(allowed(name, sound[name] ?? '')).toBe(true);
      expect(hostile(name).filter(([, value]) => allowed(name, value))).toEqual([]);
    });

    test.each(['dash', 'bash'])('so does the script, and does nothing, in %s', (shell) => {
      for (const [attack, value] of hostile(name)) {
        const { status, stdout, stderr, made } = run(shell, dlm, { ...sound, [name]: value });
        expect([attack, status, stdout, made]).toEqual([attack, EXIT.usage, 'state=usage\n', []]);
        expect([attack, stderr.startsWith(`remount: SSM_${name} is "`)]).toEqual([attack, true]);
      }
    });
  });
});
