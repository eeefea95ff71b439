import { RemovalPolicy } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ContentBalancer, type ContentBalancerProps } from './balancer.ts';
import { ContentBundles } from './bundles/content-bundles.ts';
import { ContentIntake, type ContentIntakeProps } from './content-intake.ts';
import { ContentJournal, type ContentJournalProps } from './content-journal.ts';
import { ContentVolume, type ContentVolumeProps } from './content-volume.ts';
import { ContentDashboard } from './dashboard/content-dashboard.ts';
import { Fleet, type FleetProps } from './fleet.ts';
import { HostSoftware, type HostSoftwareProps } from './host-software.ts';
import { ConditionAlarms, type ConditionAlarmsProps } from './internal/condition-alarms.ts';
import { HostDocuments } from './internal/host-documents.ts';
import { IntakeAlarm, JournalAlarm, SpareAlarm } from './internal/journal-alarm.ts';
import { Ledger } from './ledger.ts';
import { ContentNetwork, type ContentNetworkProps } from './network.ts';
import { OperatorPolicy } from './operator/operator-policy.ts';
import { IncidentPages, type IncidentPagesProps } from './pages/incident-pages.ts';
import { PeopleTopic, type PeopleTopicProps } from './people-topic.ts';
import { checkCrowding } from './props/allowed.ts';
import { stackNameOf } from './props/props.ts';
import { fail } from './props/refusal.ts';
import { RecycleBin, type RecycleBinProps } from './recycle-bin.ts';
import { SnapshotSchedule, type SnapshotScheduleProps } from './snapshot-schedule.ts';
import { VolumeDrill, type VolumeDrillProps } from './volume-drill.ts';
import { VolumeGuard, type VolumeGuardProps } from './volume-guard.ts';
import { VolumeHealer, type VolumeHealerProps } from './volume-healer.ts';
import { VolumeKeeper } from './volume-keeper.ts';
import { ContentWitness } from './witness/content-witness.ts';

/** A content volume of a {@link Remount}: what it is called, how large and how fast it is. */
export interface RemountVolume extends Omit<ContentVolumeProps, 'keeper' | 'availabilityZone'> {
  /**
   * Where it lives: one of the Remount's zones. No deployment can move it.
   * @default each of the Remount's zones in turn, in the order of `volumes`: a new one goes to the end of the list
   */
  readonly availabilityZone?: string;
}

/** What is served, where, and how carefully. Only `volumes` has to be given, and zones: those of a VPC, or named ones. */
export interface RemountProps
  extends Pick<FleetProps, 'stackName' | 'instancesPerZone' | 'instanceType'>,
    Pick<PeopleTopicProps, 'email'>,
    Pick<ContentBalancerProps, 'certificateArn'>,
    Pick<HostSoftwareProps, 'web'>,
    Pick<ContentNetworkProps, 'moreEndpoints' | 'moreBuckets'>,
    Pick<ConditionAlarmsProps, 'fullWithin'> {
  /**
   * One to 14 content volumes, each served below `/<name>/`; ten in a zone, or eleven without drills. Multiplies what is stored, its copies,
   * its spares and drills, eleven alarms (nine without a journal, twelve with an intake), and the metrics.
   */
  readonly volumes: readonly RemountVolume[];
  /**
   * Where it all stands. The load balancer takes its public subnets, the instances its private ones; from there they must reach Systems
   * Manager, CloudWatch, S3 and DynamoDB, by endpoints or by NAT.
   * @default a `ContentNetwork`, which has no way to the internet; its endpoints are paid for by the hour and zone
   */
  readonly vpc?: IVpc;
  /**
   * Zones of instances and volumes, such as `eu-west-1a`; they must be known at synthesis. The load balancer needs two. Multiplies
   * instances, and without `vpc` the interface endpoints.
   * @default those of `vpc`; without it, they must be named
   */
  readonly availabilityZones?: readonly string[];
  /**
   * Encrypts content volumes and their copies, the ledger, messages and logs. It has to outlive the stack, as they do.
   * @default a key of its own, which outlives the stack; it is paid for by the month
   */
  readonly key?: IKey;
  /**
   * How often volumes are copied, and how long copies are kept: `perHour` times `keep` is how many of each are paid for, and each is drilled.
   * @default four an hour, kept for a day, consistent as after a crash
   */
  readonly snapshots?: Pick<SnapshotScheduleProps, 'perHour' | 'keep' | 'consistency'>;
  /**
   * How long what is deleted can be got back, and is paid for: also each copy whose time is over.
   * @default snapshots for 3 days, volumes for 7
   */
  readonly recycleBin?: Omit<RecycleBinProps, 'stackName'>;
  /**
   * How copies are drilled, and when the spare serves; or `false` for no drills. Drills multiply volumes: each has a second one, the spare,
   * of the same size and speed, and a third while a drill runs.
   * @default each copy is drilled, and the newest that passed is the spare
   */
  readonly drills?:
    | false
    | (Pick<VolumeDrillProps, 'initializationMiBs' | 'fallPercent' | 'readAllEvery'> &
        Pick<VolumeHealerProps, 'prefer' | 'maxSpareAge'>);
  /**
   * Verified copies that nobody can delete: about one a day of each volume, which are paid for until their lock ends. Needs drills.
   * @default none is locked
   */
  readonly snapshotLock?: Pick<VolumeGuardProps, 'lockFor' | 'lockMode'>;
  /**
   * Changes to files are kept in S3, seconds after each, and read onto what takes over before that serves; or `false`: what takes over is
   * as old as the copy that it was made from. An agent on each instance writes them: what it costs there is bounded (decision 37).
   * @default they are kept for 14 days
   */
  readonly journal?: false | Pick<ContentJournalProps, 'keep'>;
  /**
   * How long the page of each incident is kept: whole days, 1 to 3650. A heal's is some 30 KB.
   * @default a year
   */
  readonly keepIncidentPages?: IncidentPagesProps['keep'];
  /**
   * Whether there is a dashboard of it: nothing or 3 USD a month, see `ContentDashboardProps`.
   * @default true
   */
  readonly dashboard?: boolean;
  /**
   * Courses are uploaded into a bucket, by whoever may put an object there, and the owner of a volume takes them in. Needs the journal. Each look for
   * uploads is paid for: 6.57 USD a month a content volume.
   * @default there is none: content comes by who writes on the owner
   */
  readonly intake?: false | Pick<ContentIntakeProps, 'keep' | 'rules' | 'origins'>;
  /**
   * Whether the other instances of a zone ask the owner of each content volume every 2 s, and start a look where it does not answer (decision 41).
   * @default false: alarms alone notice it
   */
  readonly witness?: boolean;
}

/**
 * All of Remount, in a stack of any team: content volumes that are served, copied, drilled, watched and healed. Each part is a construct
 * that may be used without the others.
 */
export class Remount extends Construct {
  /** The one that was given, or its own. */
  readonly vpc: IVpc;
  /** Its own; `undefined` where a VPC was given. */
  readonly network: ContentNetwork | undefined;
  /** Content is put on its instances, below `/srv/content/<name>/`. */
  readonly fleet: Fleet;
  /** What users reach. */
  readonly balancer: ContentBalancer;
  /** What its instances run. */
  readonly software: HostSoftware;
  /** Makes content volumes, and finds them again. */
  readonly keeper: VolumeKeeper;
  /** In the order in which they were given. */
  readonly volumes: readonly ContentVolume[];
  /** Copies other volumes too: `schedule.cover(volume)`. */
  readonly schedule: SnapshotSchedule;
  /** By what people are notified: `people.topic` takes more subscriptions. */
  readonly people: PeopleTopic;
  /** Leases, spares, and the record of each incident. */
  readonly ledger: Ledger;
  /** The page of each incident, as a file. */
  readonly pages: IncidentPages;
  /** Brings content back. */
  readonly healer: VolumeHealer;
  /** Keeps recovery points young. */
  readonly guard: VolumeGuard;
  /** Proves copies; `undefined` without drills. */
  readonly drill: VolumeDrill | undefined;
  /** Changes to files; `undefined` where they are not kept. */
  readonly journal: ContentJournal | undefined;
  /** Where what is brought out of copies waits for a day; `undefined` without drills. */
  readonly bundles: ContentBundles | undefined;
  /** How it stands, on a page; `undefined` where that is left out. */
  readonly dashboard: ContentDashboard | undefined;
  /** Where courses are uploaded: `intake.grantUpload(role, 'alpha')`; `undefined` where there is none. */
  readonly intake: ContentIntake | undefined;
  /** What standbys say of owners; `undefined` where they do not ask. */
  readonly witness: ContentWitness | undefined;
  /** What is run on its hosts: by functions, and to ask a host whether it uses a volume by people. */
  readonly documents: HostDocuments;
  /** What whoever operates it may do by the command line `remount`: `role.addManagedPolicy(remount.operator)`. */
  readonly operator: OperatorPolicy;
  /** The part of it that looks, and changes nothing. */
  readonly viewer: OperatorPolicy;
  /** The one that was given, or its own. */
  readonly key: IKey;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: RemountProps) {
    super(scope, id);
    const stackName = stackNameOf(this, props.stackName);
    const availabilityZones = props.availabilityZones ?? props.vpc?.availabilityZones;
    if (!availabilityZones) fail('availabilityZones', undefined, 'zones such as eu-west-1a, or a vpc that has them');
    const placed = places(props, availabilityZones);

    this.key = props.key ?? this.#makeKey(stackName);
    const { key } = this;
    this.people = new PeopleTopic(this, 'People', { key, email: props.email });
    const people = this.people.topic;
    this.ledger = new Ledger(this, 'Ledger', { key });
    const { ledger } = this;
    this.pages = new IncidentPages(this, 'Pages', { stackName, ledger, key, keep: props.keepIncidentPages });
    this.journal =
      props.journal === false
        ? undefined
        : new ContentJournal(this, 'Journal', { key, copiesKept: props.snapshots?.keep, ...props.journal });
    const { journal } = this;
    this.intake = props.intake
      ? new ContentIntake(this, 'Intake', { key, copiesKept: props.snapshots?.keep, ...props.intake })
      : undefined;
    const { intake } = this;
    const verified = props.drills !== false;
    this.bundles = verified ? new ContentBundles(this, 'Bundles', { key }) : undefined;
    const { bundles } = this;
    this.witness = props.witness ? new ContentWitness(this, 'Witness', { volumes: placed }) : undefined;
    const { witness } = this;
    this.software = new HostSoftware(this, 'Software', { stackName, web: props.web, ledger, journal, intake, witness });
    const { software } = this;
    this.network = props.vpc ? undefined : this.#makeNetwork(props, availabilityZones);
    const { network } = this;
    this.vpc = network?.vpc ?? (props.vpc as IVpc);
    const { vpc } = this;
    const { instancesPerZone, instanceType, certificateArn } = props;
    this.fleet = new Fleet(this, 'Fleet', {
      vpc,
      stackName,
      software,
      availabilityZones,
      instancesPerZone,
      instanceType,
      ...{ journal, intake, witness, bundles },
    });
    const instanceSecurityGroup = this.fleet.securityGroup;
    network?.allowFrom(instanceSecurityGroup);
    const targets = this.fleet.groups;
    this.balancer = new ContentBalancer(this, 'Balancer', { vpc, targets, instanceSecurityGroup, certificateArn });

    this.documents = new HostDocuments(this, 'Host', journal, bundles);
    const { documents } = this;
    const common = { stackName, ledger, documents, people, key };
    const journaled = journal !== undefined;
    const { initializationMiBs, fallPercent, readAllEvery, ...spare } = props.drills || {};
    this.schedule = new SnapshotSchedule(this, 'Snapshots', { stackName, key, ...props.snapshots });
    new RecycleBin(this, 'RecycleBin', { stackName, ...props.recycleBin });
    this.keeper = new VolumeKeeper(this, 'Keeper', common);
    const { keeper } = this;
    this.volumes = placed.map((each) => new ContentVolume(this, `Volume-${each.volumeName}`, { keeper, ...each }));
    const { volumes } = this;
    this.healer = new VolumeHealer(this, 'Healer', { ...common, ...spare, journaled });
    witness?.starts({ healer: this.healer, ledger, key });
    this.drill = verified
      ? new VolumeDrill(this, 'Drill', { ...common, volumes, initializationMiBs, fallPercent, readAllEvery, journaled })
      : undefined;
    const { schedule } = this;
    const guarding = { ...common, volumes, schedule, verified, software, ...props.snapshotLock };
    this.guard = new VolumeGuard(this, 'Guard', guarding);
    for (const volume of volumes) {
      this.healer.heals(volume, { targetGroup: this.balancer.serves(volume) });
      const { fullWithin } = props;
      new ConditionAlarms(this, `Conditions-${volume.volumeName}`, { volume, people, fullWithin });
      if (journal) new JournalAlarm(this, `Journaled-${volume.volumeName}`, { volume, people });
      if (journal && verified) new SpareAlarm(this, `Spare-${volume.volumeName}`, { volume, people });
      if (intake) new IntakeAlarm(this, `Intake-${volume.volumeName}`, { volume, people });
    }
    const { healer, drill, pages } = this;
    const operated = { stackName, ledger, people, healer, documents, pages, drill, intake, journal, bundles, network };
    this.operator = new OperatorPolicy(this, 'Operator', operated);
    this.viewer = new OperatorPolicy(this, 'Viewer', { ...operated, readOnly: true });
    this.dashboard = props.dashboard === false ? undefined : this.#makeDashboard(stackName);
  }

  /** The last of all: it shows the alarms that are there. */
  #makeDashboard(stackName: string): ContentDashboard {
    const { volumes, healer, drill, guard, journal, intake, balancer, ledger } = this;
    const alarms = this.node.findAll().filter((each): each is Alarm => each instanceof Alarm);
    return new ContentDashboard(this, 'Dashboard', {
      ...{ stackName, volumes, alarms, healer, guard, balancer, ledger },
      ...{ drill, journal, intake },
    });
  }

  #makeKey(stackName: string): Key {
    return new Key(this, 'Key', {
      description: `Content volumes of ${stackName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #makeNetwork({ moreEndpoints, moreBuckets }: RemountProps, zones: readonly string[]): ContentNetwork {
    const { key, software, journal, intake, witness, bundles } = this;
    return new ContentNetwork(this, 'Network', {
      ...{ key, zones, moreEndpoints, moreBuckets },
      ...{ software, journal, intake, witness, bundles },
    });
  }
}

/** Each volume with its zone. @throws SettingsError */
function places({ volumes, vpc, drills, moreEndpoints, moreBuckets }: RemountProps, zones: readonly string[]) {
  if (vpc)
    for (const [name, more] of Object.entries({ moreEndpoints, moreBuckets }))
      if (more !== undefined) fail(name, more, 'nothing beside a vpc, which has endpoints of its own');
  const placed = volumes.map((each, i) => ({
    ...each,
    availabilityZone: each.availabilityZone ?? zones[i % zones.length] ?? '',
  }));
  for (const [i, { availabilityZone }] of placed.entries())
    if (!zones.includes(availabilityZone))
      fail(`volumes[${i}].availabilityZone`, availabilityZone, `one of ${zones.join(', ')}`);
  checkCrowding(
    placed.map(({ availabilityZone: zone }) => ({ zone })),
    drills !== false,
  );
  return placed;
}
