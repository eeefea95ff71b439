import type { Slip } from './kind.ts';

/** Of a file of `lib/`, and a test that notices. */
const of =
  (file: string, test: string) =>
  (slip: string, code: string, instead: string, named: string): Slip => ({
    ...{ slip, file: `lib/${file}.ts`, code, instead },
    ...{ test: `lib/${test}.test.ts`, named },
  });

const cover = of('snapshot-schedule', 'cover');
const schedule = of('snapshot-schedule', 'imports');
const ledger = of('ledger', 'imports');
const heals = of('volume-healer', 'heals');
const healer = of('volume-healer', 'volume-healer');
const healerProps = of('volume-healer', 'props');
const checks = of('checks/resilience-checks', 'checks/resilience-checks');
const points = of('checks/resilience-checks', 'checks/recovery-points');
const remount = of('remount', 'remount');
const handsOn = of('remount', 'remount-props');

const OUR_TAGS = 'has the tags by which the schedule, its role and the Recycle Bin know it';
const OWN_KEY = 'may have a key of its own: the schedule may use it then';
const EACH = 'each volume is served, healed, drilled, guarded and watched';

/** A volume of a team's own is not copied, and nobody is notified. */
export const COVERS: readonly Slip[] = [
  cover(
    'one that is not copied is not warned of',
    '[TAG.schedule] !== undefined) return;',
    '[TAG.schedule] !== 0) return;',
    'is warned of',
  ),
  cover(
    'one that has no tag of this app is taken',
    'if (!volume.node.findAll().some(isVolume))',
    'if (volume.node.findAll().length === 0)',
    'an imported volume, whose tags this app does not make',
  ),
  cover(
    'one is taken where instances are copied',
    'if (this.deployed.frozenBy)\n      fail(',
    'if (this.deployed.keepHours === 0)\n      fail(',
    'any volume where the volumes of instances are copied',
  ),
  cover('the role and the bin do not know it', ', [TAG.stack]: this.stackName };', ' };', OUR_TAGS),
  cover('the policy does not know it', '{ [TAG.schedule]: this.deployed.targetTag.value, ', '{ ', OUR_TAGS),
  cover(
    'its own key is closed to the schedule',
    'encryptionKey !== this.#key)',
    'encryptionKey === this.#key)',
    OWN_KEY,
  ),
];

/** What another stack has is not what it is taken for. */
export const IMPORTED: readonly Slip[] = [
  ledger(
    'the ARN of a table is its name',
    '    checkProps({ tableName }, { tableName: PROP.tableName });\n',
    '',
    'is refused with the name',
  ),
  ledger(
    'a ledger is opened with no key',
    '    this.key = key;\n',
    '',
    'gives leave as that of this stack does, to its table and its key',
  ),
  schedule(
    'the id of a policy is its ARN',
    '    checkProps({ policyArn }, { policyArn: PROP.policyArn });\n',
    '',
    'is refused with an id for an ARN',
  ),
  schedule(
    'one policy is compared with another',
    'if (known && !policyArn.endsWith(',
    'if (!known && !policyArn.endsWith(',
    'is refused with what was deployed of another policy',
  ),
  schedule(
    'the policy of another stack of the app is refused',
    'if (known && !policyArn.endsWith(',
    'if (!policyArn.endsWith(',
    'may be one of another stack of the app',
  ),
];

/** A volume is not healed, or too soon. */
export const HEALS: readonly Slip[] = [
  heals(
    'a healer of nothing is deployed',
    'this.#targetGroups.size > 0 ? []',
    'this.#targetGroups.size >= 0 ? []',
    'a healer that heals nothing does not synthesize',
  ),
  heals(
    'it does not know by what a volume is reached',
    'group.targetGroupArn] as const',
    'group.targetGroupName] as const',
    'looks at it by its target group, also by one of another stack',
  ),
  heals(
    'instances that it may not touch',
    '    Tags.of(instances).add(TAG.stack, this.stackName);\n',
    '',
    'instances that it works on have the tag of its Remount',
  ),
  healer(
    'a volume is looked at by an alarm alone',
    '    this.#rules.add(volumeName);\n',
    '',
    'looks at each volume every five minutes',
  ),
  healerProps(
    'a volume of another Remount is looked at in vain',
    '    checkOurs(volume, this.stackName);\n',
    '',
    'a volume of another Remount',
  ),
  healerProps(
    'more volumes than a function has room for',
    'volumes: [...this.#targetGroups.keys(), volumeName] }',
    'volumes: [volumeName] }',
    'a healer of too much',
  ),
  of('volume-alarms', 'heals')(
    'an alarm goes off before there is a volume',
    '    this.node.addDependency(props.volume);\n',
    '',
    'is started by no alarm before there is the volume, whatever a team orders',
  ),
  of('internal/condition-alarms', 'heals')(
    'an alarm of its condition does, too',
    '    this.node.addDependency(volume);\n',
    '',
    'is started by no alarm before there is the volume, whatever a team orders',
  ),
];

/** `remount/checks` says nothing of what is wrong, or stops what is right. */
export const JUDGES: readonly Slip[] = [
  checks(
    'what is wrong stops no synthesis',
    '? WARNING : ERROR,',
    '? WARNING : WARNING,',
    'stops a synthesis, and the report says where, what and how',
  ),
  checks(
    'two findings say what the first is about',
    ' ?? violation.description',
    ' && violation.description',
    'two findings of one rule each say what they are about',
  ),
  checks(
    'an acknowledgement of what cannot be judged covers what is wrong',
    'finding.unjudged ? `',
    'finding ? `',
    'stops a synthesis, and the report says where, what and how',
  ),
  checks(
    'the app of before is judged',
    'this.#app = new DeclaredResources(scope);',
    'this.#app ??= new DeclaredResources(scope);',
    'judges each account and Region by what is in it',
  ),
  checks('an objective that everything meets is taken', '|| value < 1)', '|| value < 0)', 'refuses the objective'),
  checks(
    'a gap that nothing meets is taken',
    'if (gap <= START_WINDOW_MINUTES)',
    'if (gap < START_WINDOW_MINUTES)',
    'refuses the objective',
  ),
  checks('a reach of nothing is taken', 'if (reach <= 0)', 'if (reach < 0)', 'refuses the objective'),
  points("the app's own objective is not asked", 'props.recoveryPoints ?? 5', '5', 'the objectives are the app’s own'),
  of('checks/resilience-checks', 'checks/standby-rule')(
    'one instance is enough',
    'props.instancesPerZone ?? 2',
    '1',
    'the objective is the app’s own',
  ),
  of('checks/resilience-checks', 'checks/other-apps')(
    'what nobody can know stops a synthesis',
    '? WARNING : ERROR,',
    '? ERROR : ERROR,',
    'cannot be judged, and stops nothing',
  ),
  {
    slip: 'who takes the constructs needs cdk-nag',
    file: 'lib/index.ts',
    code: "export { SettingsError } from './props/refusal.ts';",
    instead: "export { UNJUDGED } from './checks/index.ts';\nexport { SettingsError } from './props/refusal.ts';",
    test: 'imports.test.ts',
    named: 'the constructs are reached without cdk-nag',
  },
];

/** The facade keeps something to itself. */
export const HANDED: readonly Slip[] = [
  remount(
    'a key that was given is not used',
    'this.key = props.key ?? this.#makeKey(stackName)',
    'this.key = this.#makeKey(stackName)',
    'encrypts with the key that it is given',
  ),
  remount(
    'all volumes are in one zone',
    'zones[i % zones.length]',
    'zones[0]',
    'volumes are put into the zones in turn',
  ),
  remount(
    'no drills is drills',
    'const verified = props.drills !== false;',
    'const verified = true;',
    'without drills there is neither a drill nor its alarms',
  ),
  remount(
    'a volume is where no instance is',
    'if (!zones.includes(availabilityZone))',
    'if (zones.length === 0)',
    'a volume where no instance is',
  ),
  remount(
    'more volumes than an instance has names for',
    'drills !== false,\n  );\n  return placed;',
    'false,\n  );\n  return placed;',
    'more volumes than an instance has names for',
  ),
  remount(
    "endpoints of a VPC that is the team's own are forgotten",
    'if (more !== undefined) fail',
    'if (more === null) fail',
    'endpoints in a VPC of the team',
  ),
  handsOn(
    'only the first volume is healed',
    'for (const volume of volumes) {',
    'for (const volume of volumes.slice(0, 1)) {',
    EACH,
  ),
  ...(
    [
      [
        'stackName',
        'const stackName = stackNameOf(this, props.stackName);',
        'const stackName = stackNameOf(this, undefined);',
      ],
      ['email', '{ key, email: props.email }', '{ key, email: "nobody@example.com" }'],
      ['certificateArn', 'instanceSecurityGroup, certificateArn }', 'instanceSecurityGroup }'],
      ['instancesPerZone', '      instancesPerZone,\n      instanceType,\n', '      instanceType,\n'],
      ['instanceType', '      instancesPerZone,\n      instanceType,\n', '      instancesPerZone,\n'],
      ['web', '{ stackName, web: props.web, ledger,', '{ stackName, ledger,'],
      ['snapshots.perHour', '{ stackName, key, ...props.snapshots }', '{ stackName, key }'],
      ['recycleBin.keepSnapshots', '{ stackName, ...props.recycleBin }', '{ stackName }'],
      ['drills.prefer', '{ ...common, ...spare, journaled', '{ ...common, journaled'],
      [
        'drills.fallPercent',
        'volumes, initializationMiBs, fallPercent, readAllEvery, journaled })',
        'volumes, initializationMiBs, readAllEvery, journaled })',
      ],
      [
        'drills.readAllEvery',
        'volumes, initializationMiBs, fallPercent, readAllEvery, journaled })',
        'volumes, initializationMiBs, fallPercent, journaled })',
      ],
      [
        'drills.initializationMiBs',
        'volumes, initializationMiBs, fallPercent, readAllEvery, journaled })',
        'volumes, fallPercent, readAllEvery, journaled })',
      ],
      ['snapshotLock', 'verified, software, ...props.snapshotLock }', 'verified, software }'],
      ['drills, to the guard', 'schedule, verified, software,', 'schedule, software,'],
      ['fullWithin', '{ volume, people, fullWithin }', '{ volume, people }'],
      ['moreEndpoints', 'zones, moreEndpoints, moreBuckets },', 'zones, moreBuckets },'],
      ['moreBuckets', 'zones, moreEndpoints, moreBuckets },', 'zones, moreEndpoints },'],
    ] as const
  ).map(([prop, code, instead]) => handsOn(prop, code, instead, `${prop}: it reaches its part`)),
];
