import { ArnFormat, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BUNDLE_PREFIX, TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { PAGE_PREFIX } from '../../contract/incident-pages.ts';
import { JOURNAL_PREFIX } from '../../contract/journal.ts';
import type { ContentBundles } from '../bundles/content-bundles.ts';
import type { IContentIntake } from '../content-intake.ts';
import type { IContentJournal } from '../content-journal.ts';
import { acknowledge, inFinding } from '../internal/acknowledge.ts';
import type { HostDocuments } from '../internal/host-documents.ts';
import { allowKeyVia } from '../internal/key-use.ts';
import { acknowledgeTagged, ec2Arns, ofRole, onlyTags, ours } from '../internal/volume-permissions.ts';
import type { ILedger } from '../ledger.ts';
import type { ContentNetwork } from '../network.ts';
import type { IncidentPages } from '../pages/incident-pages.ts';
import { stackNameOf } from '../props/props.ts';
import type { VolumeDrill } from '../volume-drill.ts';
import type { VolumeHealer } from '../volume-healer.ts';

/** Whose stack is looked at, and what may be started in it. */
export interface OperatorPolicyProps {
  /**
   * The Remount that is operated: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Whose incidents are read, and who has which volume. */
  readonly ledger: ILedger;
  /** Whose subscribers are counted. */
  readonly people: ITopic;
  /** What `heal` starts. */
  readonly healer: VolumeHealer;
  /** What `release-quarantine` asks a host with, that has the volume attached. */
  readonly documents: HostDocuments;
  /**
   * Where the pages of incidents are.
   * @default pages are made of records alone
   */
  readonly pages?: IncidentPages;
  /**
   * What `drill` starts.
   * @default there are no drills
   */
  readonly drill?: VolumeDrill;
  /**
   * Where `upload` uploads.
   * @default there is no intake
   */
  readonly intake?: IContentIntake;
  /**
   * What `restore` reads.
   * @default there is no journal
   */
  readonly journal?: IContentJournal;
  /**
   * Whose endpoints `doctor` looks at.
   * @default it is another's: nobody asks for them
   */
  readonly network?: ContentNetwork;
  /**
   * From where `restore` fetches what was brought out of copies.
   * @default nothing is brought out of copies
   */
  readonly bundles?: ContentBundles;
  /**
   * To look, and to start and change nothing.
   * @default false
   */
  readonly readOnly?: boolean;
}

/**
 * What the command line `remount` asks of AWS, and nothing else: for people, and for a job that runs `doctor`. It is attached to nobody:
 * `role.addManagedPolicy(remount.operator)`, or by its ARN. Which command needs what: `docs/operate.md`.
 */
export class OperatorPolicy extends ManagedPolicy {
  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: OperatorPolicyProps) {
    super(scope, id, {
      description: `Remount: ${props.readOnly ? 'to look at a stack' : 'to look at a stack, heal, drill, upload, restore and release'}`,
    });
    const stackName = stackNameOf(this, props.stackName);
    this.#allowLooking(props);
    this.#allowPages(props);
    if (props.readOnly) return;
    this.#allowRunning(props);
    this.#allowReleasing(stackName);
    this.#allowDetaching(stackName);
    this.#allowAsking(stackName, props.documents);
    props.intake?.grantOperating(this);
    this.#allowRestoring(props);
    this.#allowFetching(props);
  }

  #allow(statement: ConstructorParameters<typeof PolicyStatement>[0]): void {
    this.addStatements(new PolicyStatement(statement));
  }

  /** Of a pattern that is as narrow as AWS lets it be, to a check that sees the pattern alone. */
  #acknowledge(resource: string, reason: string): void {
    acknowledge(this, `AwsSolutions-IAM5[Resource::${inFinding(resource)}]`, reason);
  }

  #allowLooking({ ledger, people, network }: OperatorPolicyProps): void {
    const stack = Stack.of(this);
    // By its name it is asked for, and judged as `stack/NAME/*`: github.com/aws/aws-parallelcluster/pull/754
    const self = stack.formatArn({
      service: 'cloudformation',
      resource: 'stack',
      resourceName: `${stack.stackName}/*`,
    });
    this.#allow({ sid: 'FindsStack', actions: ['cloudformation:DescribeStacks'], resources: [self] });
    this.#acknowledge(self, 'The id that follows the name of a stack is not known at synthesis');
    // No resource types: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, list_awssystemsmanager.html and
    // list_amazoncloudwatch.html, where GetMetricData knows data sets, which metrics are not in.
    this.#allow({
      sid: 'Looks',
      actions: [
        'ec2:DescribeVolumes',
        'ec2:DescribeSnapshots',
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceStatus',
        ...(network ? ['ec2:DescribeVpcEndpoints'] : []),
        'ssm:DescribeInstanceInformation',
        'cloudwatch:GetMetricData',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
    });
    this.#acknowledge(
      '*',
      'Describe calls, GetMetricData and GetCommandInvocation have no resources; a condition binds them to the Region',
    );
    // Alarms by the beginning of their names are judged as all of them: github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1
    const alarms = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.#allow({ sid: 'SeesAlarms', actions: ['cloudwatch:DescribeAlarms'], resources: [alarms] });
    this.#acknowledge(alarms, 'A list of alarms is judged as all of them, whatever it is asked for');
    this.#allow({ sid: 'CountsSubscribers', actions: ['sns:GetTopicAttributes'], resources: [people.topicArn] });
    ledger.grantViewing(this);
  }

  /**
   * The alias is what is invoked, the function whose executions are listed, and its versions have them.
   * Source: docs.aws.amazon.com/lambda/latest/dg/durable-security.html; service-authorization/latest/reference/list_awslambda.html
   */
  #allowRunning({ healer, drill }: OperatorPolicyProps): void {
    const run = drill ? [healer, drill] : [healer];
    const functions = run.map((each) => each.function.functionArn);
    this.#allow({
      sid: 'Starts',
      actions: ['lambda:InvokeFunction'],
      resources: run.map(({ live }) => live.functionArn),
    });
    this.#allow({ sid: 'Finds', actions: ['lambda:ListDurableExecutionsByFunction'], resources: functions });
    this.#allow({
      sid: 'Follows',
      actions: ['lambda:GetDurableExecution', 'lambda:GetDurableExecutionHistory'],
      resources: functions.map((arn) => `${arn}:*`),
    });
    for (const each of run)
      this.#acknowledge(
        `<${Stack.of(each).getLogicalId(each.function.node.defaultChild as CfnFunction)}.Arn>:*`,
        'An execution is named by the version that runs it and an id of its own; all of them are of this function',
      );
  }

  /** What opens uploads or journals opens pages, too, where their key is the same. Which pages there are nobody has to list: the ledger and messages name them. */
  #allowPages({ pages, journal, intake, readOnly }: OperatorPolicyProps): void {
    if (!pages) return;
    const { bucket } = pages;
    const objects = `${PAGE_PREFIX}*`;
    this.#allow({ sid: 'ReadsPages', actions: ['s3:GetObject'], resources: [bucket.arnForObjects(objects)] });
    const opened = readOnly ? [] : [journal?.bucket.encryptionKey, intake?.bucket.encryptionKey];
    if (bucket.encryptionKey && !opened.includes(bucket.encryptionKey))
      allowKeyVia(this, bucket.encryptionKey, 's3', ['kms:Decrypt'], 'OpensPages');
    this.#acknowledge(
      `<${Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket)}.Arn>/${objects}`,
      'A page is named by its content volume and by the id of a heal; whoever looks at a stack sees each of them',
    );
  }

  /**
   * Without leave to list, S3 answers 403 for what is not there (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html). What opens uploads opens
   * the journal, too, where their key is the same.
   */
  #allowRestoring({ journal, intake }: OperatorPolicyProps): void {
    if (!journal) return;
    const { bucket } = journal;
    const { encryptionKey } = bucket;
    const objects = `${JOURNAL_PREFIX}*`;
    this.#allow({ sid: 'ReadsJournal', actions: ['s3:GetObject'], resources: [bucket.arnForObjects(objects)] });
    this.#allow({ sid: 'FindsJournal', actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
    if (encryptionKey && encryptionKey !== intake?.bucket.encryptionKey)
      allowKeyVia(this, encryptionKey, 's3', ['kms:Decrypt'], 'OpensJournal');
    const made = bucket.node.defaultChild;
    if (made)
      this.#acknowledge(
        `<${Stack.of(bucket).getLogicalId(made as never)}.Arn>/${objects}`,
        'The objects of a journal have a number each; whoever operates a stack restores from each of its content volumes',
      );
  }

  /** What opens the journal, uploads or pages opens it, too, where their key is the same. */
  #allowFetching({ bundles, journal, intake, pages }: OperatorPolicyProps): void {
    if (!bundles) return;
    const { bucket } = bundles;
    const { encryptionKey } = bucket;
    const objects = `${BUNDLE_PREFIX}*`;
    this.#allow({ sid: 'FetchesBundles', actions: ['s3:GetObject'], resources: [bucket.arnForObjects(objects)] });
    const others = [journal, intake, pages].map((other) => other?.bucket.encryptionKey);
    if (encryptionKey && !others.includes(encryptionKey))
      allowKeyVia(this, encryptionKey, 's3', ['kms:Decrypt'], 'OpensBundles');
    this.#acknowledge(
      `<${Stack.of(bucket).getLogicalId(bucket.node.defaultChild as never)}.Arn>/${objects}`,
      'Each archive has an id of its own as its name',
    );
  }

  /** Out of quarantine, and into what the guard deletes: the one tag. */
  #allowReleasing(stackName: string): void {
    this.#allow({
      sid: 'ReleasesQuarantine',
      actions: ['ec2:CreateTags'],
      resources: [ec2Arns(Stack.of(this), 'volume')],
      conditions: {
        StringEquals: {
          ...ofRole(stackName, VOLUME_ROLE.quarantined),
          [`aws:RequestTag/${TAG.role}`]: VOLUME_ROLE.discarded,
        },
        ...onlyTags(TAG.role),
      },
    });
    acknowledgeTagged(this, 'volume');
  }

  /**
   * What is in quarantine, off a host of this stack. Volume and instance are judged both, each by its tags: `aws:ResourceTag` is among the condition
   * keys of either. `Force` is not among them, so that nobody forces is the command's own rule.
   * Source: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, DetachVolume.
   */
  #allowDetaching(stackName: string): void {
    const actions = ['ec2:DetachVolume'];
    const stack = Stack.of(this);
    this.#allow({
      sid: 'DetachesQuarantine',
      actions,
      resources: [ec2Arns(stack, 'volume')],
      conditions: { StringEquals: ofRole(stackName, VOLUME_ROLE.quarantined) },
    });
    this.#allow({
      sid: 'DetachesFromHosts',
      actions,
      resources: [ec2Arns(stack, 'instance')],
      conditions: ours(stackName),
    });
    acknowledgeTagged(this, 'instance');
  }

  /**
   * Whether nothing there uses a volume, which changes nothing. With `release`, which unmounts, what serves could be taken out of service: no condition
   * key knows a command's parameters. An answer is read by the id of its command, which is no resource.
   * Source: docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html, SendCommand and GetCommandInvocation.
   */
  #allowAsking(stackName: string, documents: HostDocuments): void {
    const actions = ['ssm:SendCommand'];
    const stack = Stack.of(this);
    const document = stack.formatArn({
      service: 'ssm',
      resource: 'document',
      resourceName: documents.nameOf('unused'),
    });
    this.#allow({ sid: 'AsksUse', actions, resources: [document] });
    this.#allow({
      sid: 'AsksHosts',
      actions,
      resources: [ec2Arns(stack, 'instance')],
      conditions: { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: stackName } },
    });
    this.#allow({
      sid: 'HearsHosts',
      actions: ['ssm:GetCommandInvocation'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
    });
  }
}
