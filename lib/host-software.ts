import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { z } from 'zod';
import {
  metricNamespace,
  SOFTWARE_KEY,
  SOFTWARE_VERSION,
  UPDATE_PARAMETER,
  UPDATE_VERB,
} from '../contract/contract.ts';
import type { IContentIntake } from './content-intake.ts';
import type { IContentJournal } from './content-journal.ts';
import { acknowledge, granted, inFinding } from './internal/acknowledge.ts';
import { archive } from './internal/archive.ts';
import { agentCode, witnessCode } from './internal/bundle.ts';
import { documentOf, HOST, hostFile } from './internal/host-documents.ts';
import { named } from './internal/key-use.ts';
import { WEB, WEB_DEFAULTS, type WebSettings, webSettingsConf } from './internal/web-settings.ts';
import type { ILedger } from './ledger.ts';
import { type IntakeRules, rulesForHosts } from './props/intake-rules.ts';
import { checkProps, stackNameOf } from './props/props.ts';
import { fail } from './props/refusal.ts';
import type { ContentWitness, WatchedVolume } from './witness/content-witness.ts';

/** Stands in the CloudWatch agent's configuration for the namespace of the metrics. */
const NAMESPACE = '@NAMESPACE@';
/** Stands in logrotate's configuration for how long the access log is kept. */
const LOG_DAYS = '@ACCESS_LOG_DAYS@';
/** Where the helpers of the journal's agent are, below `host/`. */
const KERNEL = 'agent/kernel';
/** Seconds that the agent lets the update run; it has a shorter deadline of its own. */
const TIMEOUT_SECONDS = 180;

/** How instances serve, and what they ask. */
export interface HostSoftwareProps {
  /**
   * The Remount that is served: the namespace of the probe's metrics has its name.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /**
   * How content is served. What is left out of it is as by default.
   * @default texts are compressed, all content is asked for again at each use, the access log is kept for 30 days: see {@link WebSettings}
   */
  readonly web?: Partial<WebSettings>;
  /**
   * What an instance asks after a boot whether it is still the owner of what it served (decision 25). That it may read it is for its
   * role and network to say: `Fleet` and `ContentNetwork` see to both.
   * @default none: after a boot nothing is served until a heal comes
   */
  readonly ledger?: ILedger;
  /**
   * Where each instance writes what changes on the volumes that it serves: the software has an agent for that. That it may write there is for
   * its role and network to say: `Fleet` and `ContentNetwork` see to both.
   * @default nowhere: there is no agent
   */
  readonly journal?: IContentJournal;
  /**
   * From where the owner of each content volume takes courses in, and what it takes. Needs `journal`. That it may read and answer there is for its role and
   * network to say: `Fleet` and `ContentNetwork` see to both.
   * @default nowhere: content comes by who writes on the owner
   */
  readonly intake?: IContentIntake;
  /**
   * Where each instance says that an owner of its zone does not answer: the software has an agent for that. That it may write there and ask the others is for
   * its role and network to say: `Fleet` and `ContentNetwork` see to both. Needs `ledger`.
   * @default nowhere: alarms notice it
   */
  readonly witness?: ContentWitness;
}

/**
 * What runs on the instances beside the agents: the scripts of `host/`, the web server's configuration, the units of systemd and the
 * CloudWatch agent's configuration. All of it is one archive, published with the app's other assets, and named by its sha256, which is
 * its **version**: `contentUserData` and the document that updates a running instance name the version, and a host takes no archive of
 * another hash. Decision 22 says how a version reaches a fleet.
 */
export class HostSoftware extends Construct {
  /** CloudWatch namespace of the probe's metrics. */
  readonly namespace: string;
  /** sha256 of the archive, 64 hexadecimal digits. */
  readonly version: string;
  /** Name of the bucket of the app's assets in the Region of the stack. */
  readonly bucketName: string;
  /**
   * What instances read: this version and others of it, so that one that was launched before a deployment, or is to go back, is not
   * refused. Nothing else of the bucket.
   */
  readonly objectsArn: string;
  /** The SSM document that brings an instance to this version (`host/update.sh`). */
  readonly document: CfnDocument;
  /** What instances ask after a boot. */
  readonly ledger: ILedger | undefined;
  /** Where instances write what changes. */
  readonly journal: IContentJournal | undefined;
  /** From where the owner of a volume takes courses in. */
  readonly intake: IContentIntake | undefined;
  /** Where instances say that an owner does not answer. */
  readonly witness: ContentWitness | undefined;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: HostSoftwareProps = {}) {
    super(scope, id);
    checkProps(props, { web: z.strictObject(WEB).partial().optional() });
    const stack = Stack.of(this);
    this.namespace = metricNamespace(stackNameOf(this, props.stackName));
    this.ledger = props.ledger;
    this.journal = props.journal;
    this.intake = props.intake;
    this.witness = props.witness;
    if (props.witness && !props.ledger) fail('witness', 'a ContentWitness', 'none without a ledger (it names owners)');
    if (props.intake && !props.journal)
      fail('intake', 'a ContentIntake', 'none without a journal (what is taken in is answered once it is journaled)');
    const files = softwareFiles(this.namespace, { ...WEB_DEFAULTS, ...props.web });
    const agent = props.journal ? agentFiles() : [];
    const taking = props.intake ? intakeFiles(props.intake.rules) : [];
    const watching = props.witness ? witnessFiles(props.witness.volumes) : [];
    const bytes = archive([...files, ...agent, ...taking, ...watching]);
    this.version = createHash('sha256').update(bytes).digest('hex');
    // Made here and published as it is: the CDK would zip a directory when it publishes, and nobody knows the hash of that before.
    const fileName = `asset.${SOFTWARE_KEY}${this.version}.tar`;
    const directory = Stage.of(this)?.assetOutdir ?? '';
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, fileName), bytes);
    const { bucketName } = stack.synthesizer.addFileAsset({
      fileName,
      sourceHash: `${SOFTWARE_KEY}${this.version}`,
      packaging: FileAssetPackaging.FILE,
      displayName: 'Host software',
    });
    this.bucketName = bucketName;
    this.objectsArn = `arn:${stack.partition}:s3:::${bucketName}/${SOFTWARE_KEY}*`;
    this.document = new CfnDocument(this, 'Update', documentOf(UPDATE_VERB, TIMEOUT_SECONDS, this.#parameters(stack)));
  }

  /**
   * Lets instances fetch the software, and nothing else of the bucket. A bucket of the CDK's bootstrap needs no leave for its key:
   * the key's policy lets everybody of the account use it through S3 (aws-cdk, `bootstrap-template.yaml`).
   */
  grantFetch(grantee: IGrantable): Grant {
    const fetching = Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.objectsArn] });
    const { partition } = Stack.of(this);
    const construct = granted(grantee);
    if (construct)
      acknowledge(
        construct,
        `AwsSolutions-IAM5[Resource::${inFinding(`arn:${partition}:s3:::${this.#shownBucket()}/${SOFTWARE_KEY}*`)}]`,
        'Versions of the host software have a name each; an instance that is launched during a deployment may need the one before',
      );
    return named(fetching, 'FetchesHostSoftware');
  }

  /** The bucket's name as cdk-nag shows it: the CDK writes it as a text with references in it. */
  #shownBucket(): string {
    const name = Stack.of(this).resolve(this.bucketName) as string | { readonly 'Fn::Sub'?: string };
    return (typeof name === 'string' ? name : (name['Fn::Sub'] ?? '')).replaceAll(/\$\{([^}]+)\}/g, '<$1>');
  }

  /** Each has its value already: whoever sends the document says nothing. */
  #parameters(stack: Stack): object {
    const parameter = (description: string, value: string, pattern: string) => ({
      type: 'String',
      description,
      default: value,
      allowedPattern: pattern,
      interpolationType: 'ENV_VAR',
    });
    return {
      [UPDATE_PARAMETER.version]: parameter('sha256 of the archive', this.version, SOFTWARE_VERSION.source),
      [UPDATE_PARAMETER.bucket]: parameter('Where the archive is', this.bucketName, '^[a-z0-9.-]{3,63}$'),
      [UPDATE_PARAMETER.region]: parameter(
        'Region of the bucket, and of the ledger',
        stack.region,
        '^[a-z0-9-]{5,30}$',
      ),
      ...(this.ledger && {
        [UPDATE_PARAMETER.ledger]: parameter(
          'Table of the ledger',
          this.ledger.table.tableName,
          '^[a-zA-Z0-9_.-]{3,255}$',
        ),
      }),
      ...(this.journal && {
        [UPDATE_PARAMETER.journal]: parameter(
          'Bucket of the journals',
          this.journal.bucket.bucketName,
          '^[a-z0-9.-]{3,63}$',
        ),
      }),
      ...(this.intake && {
        [UPDATE_PARAMETER.intake]: parameter('Bucket of uploads', this.intake.bucket.bucketName, '^[a-z0-9.-]{3,63}$'),
      }),
      ...(this.witness && {
        [UPDATE_PARAMETER.witness]: parameter(
          'Table of the witnesses',
          this.witness.table.tableName,
          '^[a-zA-Z0-9_.-]{3,255}$',
        ),
      }),
    };
  }
}

/** What only hosts of a stack with a journal have: the agent's command, and the units that run it. */
const OF_AGENT = [
  'write.sh',
  'spare.sh',
  'etc/remount-journal',
  'etc/remount-journal@.service',
  'etc/remount-spare@.service',
];

/** What only hosts of a stack with an intake have. */
const OF_INTAKE = ['intake.sh', 'etc/remount-intake@.service'];

/** What only hosts of a stack with a witness have. */
const OF_WITNESS = ['witness.sh', 'etc/remount-witness.service'];

/** What asks owners whether they serve, and for which content volumes in which zone. */
export function witnessFiles(volumes: readonly WatchedVolume[]): { readonly path: string; readonly content: string }[] {
  const lines = volumes.map(({ volumeName, availabilityZone }) => `${volumeName} ${availabilityZone}\n`);
  return [
    { path: 'agent/witness.mjs', content: witnessCode() },
    ...OF_WITNESS.map((path) => ({ path, content: hostFile(path) })),
    { path: 'etc/witness-volumes', content: lines.join('') },
  ];
}

/** What runs the agent to take courses in, and what it takes. */
export function intakeFiles(rules: Required<IntakeRules>): { readonly path: string; readonly content: string }[] {
  return [
    ...OF_INTAKE.map((path) => ({ path, content: hostFile(path) })),
    { path: 'etc/intake-rules', content: rulesForHosts(rules) },
  ];
}

/** The journal's agent: one module, what it calls the kernel by, and what runs it. Nothing of it is made for one kind of processor. */
export function agentFiles(): { readonly path: string; readonly content: string }[] {
  const helpers = readdirSync(join(HOST, KERNEL)).filter((name) => name.endsWith('.py'));
  return [
    { path: 'agent/main.mjs', content: agentCode() },
    ...helpers.map((name) => ({ path: `agent/${name}`, content: hostFile(`${KERNEL}/${name}`) })),
    ...OF_AGENT.map((path) => ({ path, content: hostFile(path) })),
  ];
}

/** The files of the archive of any stack: `host/`, with the namespace and the settings put in. */
export function softwareFiles(
  namespace: string,
  web: WebSettings = WEB_DEFAULTS,
): { readonly path: string; readonly content: string }[] {
  const put = (content: string) =>
    content.replaceAll(NAMESPACE, () => namespace).replaceAll(LOG_DAYS, () => String(web.accessLogDays));
  const files = readdirSync(HOST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(HOST.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.startsWith('agent/') && ![...OF_AGENT, ...OF_INTAKE, ...OF_WITNESS].includes(path))
    .map((path) => ({ path, content: put(hostFile(path)) }));
  return [...files, { path: 'etc/web-settings.conf', content: webSettingsConf(web) }];
}
