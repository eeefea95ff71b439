import { broken, type Mutant, PROMISE, rehearse } from './mutant.ts';

/** Of scenarios in which a stack is deployed, changed or removed. */
export const DEPLOYMENT_PARTS: readonly Mutant[] = [
  broken(
    'deleted-volume',
    'the keeper restores the newest copy',
    {
      file: 'lambda/core/keep/keep.ts',
      code: 'const [newest] = byPreference(recoveryPoints);',
      instead: 'const newest = byPreference(recoveryPoints).at(-1);',
    },
    [{ promise: 'the deployment restores it from the newest snapshot, and nobody else does' }],
  ),
  broken('two-stacks', 'a role reaches what carries the tag of its own stack', {
    file: 'lib/internal/volume-permissions.ts',
    code: ']: stackName } };',
    instead: ']: [stackName, "Remount2"] } };',
  }),
  {
    rule: 'deploy-during-heal: what is there is adopted',
    edits: [
      {
        file: 'lambda/core/keep/keep.ts',
        code: "if (agreed) return { kind: 'adopt', volumeId: agreed.id };",
        instead: "if (agreed) return { kind: 'refuse', refusal: { code: 'beingMade', volumeId: agreed.id } };",
      },
    ],
    play: rehearse('deploy-during-heal'),
    notices: [PROMISE],
  },
  broken('growth', 'a volume is never made smaller', {
    file: 'lambda/core/keep/change.ts',
    code: 'const shrinks = after.sizeGiB < before.sizeGiB &&',
    instead: 'const shrinks = after.sizeGiB < 0 &&',
  }),
  broken(
    'rollback',
    'a rollback leaves what cannot be brought back',
    {
      file: 'lambda/core/keep/keeper.ts',
      code: "const lenient = course === 'back' || (",
      instead: "const lenient = course === 'forward' && (",
    },
    [{ promise: 'people are notified of what a rollback left as it is, and why' }],
  ),
  broken(
    'removed',
    'nothing stands in the way of a rollback before the first success',
    { file: 'lib/balancer.ts', code: 'deletionProtection: false,', instead: 'deletionProtection: true,' },
    [{ dies: 'there is a stack Remount already' }],
  ),
  ...(['heal', 'drill'] as const).map((at) =>
    broken(
      `new-code-during-${at}`,
      'the version that an execution runs on is retained',
      {
        file: 'lib/internal/function.ts',
        code: 'currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN }',
        instead: 'currentVersionOptions: { removalPolicy: RemovalPolicy.DESTROY }',
      },
      [{ promise: 'what runs during a deployment ends on the version that it began on' }],
    ),
  ),
  broken('growth-cut-off', 'a deployment that is repeated grows the file system', {
    file: 'lambda/core/keep/keeper.ts',
    code: 'if (!wanted && !grows) return;',
    instead: 'if (!wanted) return;',
  }),
  broken(
    'new-host-software',
    'an instance that took the new version is noted, and standbys come before owners',
    {
      file: 'lambda/core/guard/rollout.ts',
      code: 'standbys: behind.filter((h) => !owned.has(h.id)).map((h) => h.id),',
      instead: 'standbys: behind.filter((h) => owned.has(h.id)).map((h) => h.id),',
    },
    [{ promise: 'an owner takes it after a standby of its zone, where there is one' }],
  ),
];
