import { describe, expect, test } from '@jest/globals';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  ANY_TERM,
  BUNDLE_KEY,
  BUNDLE_PATH,
  HOST_VERBS,
  JOURNAL_VERBS,
  PORTION,
  SEED,
  TERM,
  VERB_PARAMETER,
  VOLUME_ID,
  VOLUME_NAME,
} from '../../contract/contract.ts';
import { ContentBundles } from '../../lib/bundles/content-bundles.ts';
import { ContentJournal } from '../../lib/content-journal.ts';
import { HostDocuments, hostFile, verbScript } from '../../lib/internal/host-documents.ts';
import { resourcesOf, templateOf } from './support.ts';

interface Content {
  readonly schemaVersion: string;
  readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly mainSteps: readonly {
    readonly action: string;
    readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
  }[];
}

const template = templateOf((stack) => {
  const journal = new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key') });
  const bundles = new ContentBundles(stack, 'Bundles', { key: new Key(stack, 'BundlesKey') });
  new HostDocuments(stack, 'Host', journal, bundles);
});
const documents = resourcesOf(template, 'AWS::SSM::Document');

test('there is one document a verb', () => {
  expect(documents).toHaveLength(HOST_VERBS.length);
});

test('without a journal there is none that drains it, without a bucket none that bundles, and nobody is given one', () => {
  let made: HostDocuments | undefined;
  const plain = templateOf((stack) => {
    made = new HostDocuments(stack, 'Host');
  });
  const verbs = resourcesOf(plain, 'AWS::SSM::Document').map(({ id }) => id.toLowerCase());
  expect(verbs).toHaveLength(HOST_VERBS.length - JOURNAL_VERBS.length - 1);
  for (const verb of [...JOURNAL_VERBS, 'bundle'] as const) {
    expect(verbs.filter((id) => id.startsWith(`host${verb}`))).toEqual([]);
    expect(() => made?.namesOf([verb])).toThrow(`there is no document of ${verb}`);
  }
});

describe.each(HOST_VERBS)('the document of %s', (verb) => {
  const properties = documents.find(({ id }) => id.toLowerCase().startsWith(`host${verb}`))?.Properties;
  const content = properties?.Content as Content;
  const [step] = content.mainSteps;
  const script = step?.inputs.runCommand.join('\n') ?? '';

  test('is a command for instances, and is changed in place under a healer that runs', () => {
    expect(properties).toMatchObject({
      DocumentType: 'Command',
      TargetType: '/AWS::EC2::Instance',
      UpdateMethod: 'NewVersion',
    });
    expect(properties).not.toHaveProperty('Name');
    expect(content.schemaVersion).toBe('2.2');
    expect(content.mainSteps).toHaveLength(1);
    expect(step?.action).toBe('aws:runShellScript');
  });

  test('takes its parameters as environment variables, of the allowed form only', () => {
    const patterns = {
      [VERB_PARAMETER.volume]: VOLUME_NAME.source,
      ...(verb !== 'probe' && { [VERB_PARAMETER.volumeId]: VOLUME_ID.source }),
      ...(verb === 'drain' && { [VERB_PARAMETER.term]: TERM.source }),
      ...(verb === 'serve' && { [VERB_PARAMETER.term]: ANY_TERM.source }),
      ...([...JOURNAL_VERBS, 'serve', 'bundle'].includes(verb) && {
        [VERB_PARAMETER.bucket]: '^[a-z0-9][a-z0-9.-]{2,62}$',
        [VERB_PARAMETER.region]: '^[a-z][a-z0-9-]{4,29}$',
      }),
      ...(verb === 'bundle' && { [VERB_PARAMETER.path]: BUNDLE_PATH.source, [VERB_PARAMETER.key]: BUNDLE_KEY.source }),
      ...(verb === 'check' && { [VERB_PARAMETER.seed]: SEED.source, [VERB_PARAMETER.portion]: PORTION.source }),
    };
    expect(Object.keys(content.parameters).sort()).toEqual(Object.keys(patterns).sort());
    for (const [name, allowedPattern] of Object.entries(patterns)) {
      expect(content.parameters[name]).toMatchObject({ type: 'String', interpolationType: 'ENV_VAR', allowedPattern });
      expect(allowedPattern).toMatch(/^\^.*\$$/);
    }
  });

  test('carries the verb and the common part in one script, into which nothing is pasted', () => {
    expect(script).toContain(`# remount-verb: ${verb}`);
    for (const part of ['device', 'mounts', 'content', 'jobs', 'frozen', 'service', 'within'])
      expect(script).toContain(hostFile(`${part}.sh`).trimEnd().split('\n').at(-1));
    expect(script).not.toMatch(/^ *\. "/m);
    // SSM would take it for a parameter.
    expect(script).not.toContain('{{');
    expect(script).toBe(verbScript(verb));
  });

  test('lets the verb end at its own deadline, and not at that of the agent', () => {
    const deadline = Number(
      hostFile(`${verb}.sh`).match(/^(?:within |deadline=)"\$\{REMOUNT_DEADLINE:-(\d+)\}"/m)?.[1],
    );
    expect(deadline).toBeGreaterThan(0);
    expect(Number(step?.inputs.timeoutSeconds)).toBeGreaterThan(deadline);
  });
});
