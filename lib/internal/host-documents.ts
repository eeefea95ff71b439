import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  ANY_TERM,
  BUNDLE_KEY,
  BUNDLE_PATH,
  type DLM_VERB,
  HOST_VERBS,
  type HostVerb,
  JOURNAL_VERBS,
  PORTION,
  SEED,
  TAG,
  TERM,
  type UPDATE_VERB,
  VERB_PARAMETER,
  VOLUME_ID,
  VOLUME_NAME,
} from '../../contract/contract.ts';
import type { ContentBundles } from '../bundles/content-bundles.ts';
import type { IContentJournal } from '../content-journal.ts';
import { acknowledgeTagged, allowDescribing, ec2Arns } from './volume-permissions.ts';

/** Where the host scripts are. */
export const HOST = join(import.meta.dirname, '../../host');
/** A line that sources another file of `host/`. */
const SOURCING_LINE = /^ *\. "\$\(dirname "\$0"\)\/(\w+\.sh)"( ;;)?$/gm;

/** Seconds that the agent lets a verb run; each verb has a shorter deadline of its own. */
const TIMEOUTS: Readonly<Record<HostVerb, number>> = {
  probe: 15,
  format: 75,
  mount: 75,
  verify: 60,
  serve: 30,
  release: 45,
  grow: 45,
  check: 1560,
  drain: 40,
  follow: 50,
  bundle: 1560,
  unused: 20,
};

/** A file of `host/`, as it is. */
export function hostFile(name: string): string {
  return readFileSync(join(HOST, name), 'utf8');
}

/** What a document carries. */
type DocumentVerb = HostVerb | typeof DLM_VERB | typeof UPDATE_VERB;

/** An empty line, or one of comment. */
const REMARK_LINE = /^\s*(#.*)?$/;

/**
 * A host verb as one script: each line that sources another file is replaced by that file, the first time. Comments stay in
 * `host/`: a document holds 64 KB, docs.aws.amazon.com/general/latest/gr/ssm.html.
 */
export function verbScript(verb: DocumentVerb): string {
  const pasted = new Set<string>();
  const whole = (name: string): string =>
    hostFile(name).replace(SOURCING_LINE, (_, sourced: string, end = '') => {
      if (pasted.has(sourced)) return '';
      pasted.add(sourced);
      return whole(sourced) + end;
    });
  const script = whole(`${verb}.sh`);
  if (!pasted.has('common.sh')) throw new Error(`host/${verb}.sh has no line that sources common.sh`);
  // The first two are the shell's, and the verb's name.
  return script
    .split('\n')
    .filter((line, at) => at < 2 || !REMARK_LINE.test(line))
    .join('\n');
}

/** What every document is: a command for instances, one script, changed in place. */
export function documentOf(verb: DocumentVerb, seconds: number, parameters: object) {
  return {
    documentType: 'Command',
    documentFormat: 'JSON',
    targetType: '/AWS::EC2::Instance',
    // Without it a changed script would replace the document, and with it its name, under a healer that is running.
    updateMethod: 'NewVersion',
    content: {
      schemaVersion: '2.2',
      description: `Remount host verb: ${verb}`,
      parameters,
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name: verb,
          inputs: { timeoutSeconds: String(seconds), runCommand: verbScript(verb).trimEnd().split('\n') },
        },
      ],
    },
  };
}

/** One SSM document for each host verb. Parameters reach the script as environment variables, and are never pasted into it. */
export class HostDocuments extends Construct {
  /** By their verb. A script that changes is a new version of its document, and no other document. */
  readonly documents: Readonly<Partial<Record<HostVerb, CfnDocument>>>;

  /**
   * @param journal where changes to files are kept. By default they are not, and there is neither `drain` nor `follow`
   * @param bundles where what is brought out of copies waits. By default nothing is, and there is no `bundle`
   */
  constructor(scope: Construct, id: string, journal?: IContentJournal, bundles?: ContentBundles) {
    super(scope, id);
    const ofJournal: readonly HostVerb[] = JOURNAL_VERBS;
    const verbs = HOST_VERBS.filter((verb) => (verb === 'bundle' ? bundles : journal || !ofJournal.includes(verb)));
    this.documents = Object.fromEntries(verbs.map((verb) => [verb, this.#document(verb, journal, bundles)]));
  }

  /** The name of the document of a verb. @throws Error where this stack has none */
  nameOf(verb: HostVerb): string {
    return this.#named(verb);
  }

  /** The names of these verbs' documents, as a function takes them from its environment: a JSON object, verb -> name. */
  namesOf(verbs: readonly HostVerb[]): string {
    return Stack.of(this).toJsonString(Object.fromEntries(verbs.map((verb) => [verb, this.#named(verb)])));
  }

  /**
   * Lets run these verbs, and no others, on the hosts of one Remount, and read what came of it.
   *
   * @param stackName value of the tag `remount:stack`; by default the name of the stack
   */
  grantRun(grantee: IGrantable, verbs: readonly HostVerb[], stackName = Stack.of(this).stackName): Grant {
    const stack = Stack.of(this);
    const documents = verbs.map((verb) => this.#named(verb));
    const reading = allowDescribing(grantee, ['ssm:GetCommandInvocation']);
    const sending = Grant.addToPrincipal({
      grantee,
      actions: ['ssm:SendCommand'],
      resourceArns: documents.map(
        (name) => `arn:${stack.partition}:ssm:${stack.region}:${stack.account}:document/${name}`,
      ),
    });
    const toHosts = Grant.addToPrincipal({
      grantee,
      actions: ['ssm:SendCommand'],
      resourceArns: [ec2Arns(stack, 'instance')],
      conditions: { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: stackName } },
    });
    acknowledgeTagged(grantee, 'instance');
    return reading.combine(sending).combine(toHosts);
  }

  /** @throws Error where there is no journal, or nothing is brought out of copies, and the verb is for that */
  #named(verb: HostVerb): string {
    const document = this.documents[verb];
    if (!document) throw new Error(`there is no document of ${verb}: it is for a journal, or for bundles`);
    return document.ref;
  }

  #document(verb: HostVerb, journal?: IContentJournal, bundles?: ContentBundles): CfnDocument {
    const parameter = (description: string, pattern: RegExp) => ({
      type: 'String',
      description,
      allowedPattern: pattern.source,
      // SSM Agent 3.3.2746 or later, docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
      interpolationType: 'ENV_VAR',
    });
    const onVolume = { [VERB_PARAMETER.volume]: parameter('Name of the content volume', VOLUME_NAME) };
    const onDevice = { ...onVolume, [VERB_PARAMETER.volumeId]: parameter('EBS volume', VOLUME_ID) };
    const inDrill = {
      ...onDevice,
      [VERB_PARAMETER.seed]: parameter('Number of the drill', SEED),
      // By default all, for whoever sends it by hand.
      [VERB_PARAMETER.portion]: { ...parameter('What is read: all, or part/of/since', PORTION), default: 'all' },
    };
    const inTakeover = { [VERB_PARAMETER.term]: parameter('Term of the new owner', TERM) };
    // Where it is, whoever sends the document does not say.
    const inBucket = (what: string, { bucketName }: IBucket) => ({
      ...onDevice,
      [VERB_PARAMETER.bucket]: { ...parameter(what, /^[a-z0-9][a-z0-9.-]{2,62}$/), default: bucketName },
      [VERB_PARAMETER.region]: {
        ...parameter('Region of that bucket', /^[a-z][a-z0-9-]{4,29}$/),
        default: Stack.of(this).region,
      },
    });
    const onJournal = journal && inBucket('Bucket of the journals', journal.bucket);
    const inService = {
      [VERB_PARAMETER.term]: { ...parameter('Term of the new owner; 0: none', ANY_TERM), default: '0' },
    };
    const parameters: Partial<Record<HostVerb, object>> = {
      probe: onVolume,
      check: inDrill,
      ...(bundles && {
        bundle: {
          ...inBucket('Bucket that it is sent to', bundles.bucket),
          [VERB_PARAMETER.path]: parameter('Path on the volume, with a slash before it, in base64', BUNDLE_PATH),
          [VERB_PARAMETER.key]: parameter('Key of the object', BUNDLE_KEY),
        },
      }),
      ...(onJournal && {
        drain: { ...onJournal, ...inTakeover },
        serve: { ...onJournal, ...inService },
        follow: onJournal,
      }),
    };
    const name = `${verb[0]?.toUpperCase()}${verb.slice(1)}`;
    return new CfnDocument(this, name, documentOf(verb, TIMEOUTS[verb], parameters[verb] ?? onDevice));
  }
}
