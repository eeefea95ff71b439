import { broken, type Mutant, rehearse } from './mutant.ts';

/** Of scenarios in which a stack is deployed, changed or removed. */
export const DEPLOYMENT_PARTS: readonly Mutant[] = [
  broken(
    'deleted-volume',
    'the keeper restores the newest copy',
    'lambda/core/keep/keep.ts',
    'const [newest] = byPreference(recoveryPoints);',
    'const newest = byPreference(recoveryPoints).at(-1);',
    /BROKEN .*restores it from the newest snapshot/,
  ),
  broken(
    'two-stacks',
    'a role reaches what carries the tag of its own stack',
    'lib/internal/volume-permissions.ts',
    ']: stackName } };',
    ']: [stackName, "Remount2"] } };',
  ),
  {
    rule: 'deploy-during-heal: what is there is adopted',
    edits: [
      {
        file: 'lambda/core/keep/keep.ts',
        code: "if (agreed) return { kind: 'adopt', volumeId: agreed.id };",
        instead: "if (agreed) return { kind: 'refuse', reason: agreed.id };",
      },
    ],
    play: rehearse('deploy-during-heal'),
    says: /BROKEN /,
  },
  broken(
    'growth',
    'a volume is never made smaller',
    'lambda/core/keep/change.ts',
    'const shrinks = after.sizeGiB < before.sizeGiB &&',
    'const shrinks = after.sizeGiB < 0 &&',
  ),
  broken(
    'rollback',
    'a rollback leaves what cannot be brought back',
    'lambda/core/keep/keeper.ts',
    "const lenient = course === 'back' || (",
    "const lenient = course === 'forward' && (",
    /BROKEN .*what a rollback left as it is/,
  ),
  broken(
    'removed',
    'nothing stands in the way of a rollback before the first success',
    'lib/balancer.ts',
    'deletionProtection: false,',
    'deletionProtection: true,',
    /there is a stack Remount already/,
  ),
  ...(['heal', 'drill'] as const).map((at) =>
    broken(
      `new-code-during-${at}`,
      'the version that an execution runs on is retained',
      'lib/internal/function.ts',
      'currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN }',
      'currentVersionOptions: { removalPolicy: RemovalPolicy.DESTROY }',
      /BROKEN .*ends on the version that it began on/,
    ),
  ),
  broken(
    'growth-cut-off',
    'a deployment that is repeated grows the file system',
    'lambda/core/keep/keeper.ts',
    'if (!wanted && !grows) return;',
    'if (!wanted) return;',
  ),
  broken(
    'new-host-software',
    'an instance that took the new version is noted, and standbys come before owners',
    'lambda/core/guard/rollout.ts',
    'standbys: behind.filter((h) => !owned.has(h.id)).map((h) => h.id),',
    'standbys: behind.filter((h) => owned.has(h.id)).map((h) => h.id),',
    /BROKEN .*an owner takes it after a standby/,
  ),
];
