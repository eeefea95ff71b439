import type { Slip } from './kind.ts';

const KEEPER = { file: 'lambda/core/keep/keeper.ts', test: 'lambda/core/keep/keeper.test.ts' };
const HEALER = { test: 'lambda/aws/failed-calls.test.ts' };
const OBSERVE = { ...HEALER, file: 'lambda/core/world/observe.ts' };

/** What could not be asked for is taken for empty, or what one answer lacks for gone. */
export const CALLS: readonly Slip[] = [
  {
    ...{ slip: 'volumes that the keeper could not list are none', ...KEEPER },
    code: '      compute.volumes(sought.volume),',
    instead: '      compute.volumes(sought.volume).catch(() => []),',
    named: 'volumes: nothing is made, neither by a first deployment nor by a later one',
  },
  {
    ...{ slip: 'copies that the keeper could not list are none', ...KEEPER },
    code: '      compute.recoveryPoints(sought.volume),',
    instead: '      compute.recoveryPoints(sought.volume).catch(() => []),',
    named: 'recoveryPoints: nothing is made, neither by a first deployment nor by a later one',
  },
  {
    ...{ slip: 'a ledger that the keeper could not read says nothing', ...KEEPER },
    code: '      ledger.read(sought.volume),',
    instead: '      ledger.read(sought.volume).catch(() => undefined),',
    named: 'ledger: nothing is made, neither by a first deployment nor by a later one',
  },
  {
    ...{ slip: 'a volume that the keeper could not ask for is not there', ...KEEPER },
    code: 'const found = await compute.volume(named);',
    instead: 'const found = await compute.volume(named).catch(() => undefined);',
    named: 'the volume that the ledger names cannot be asked for: nothing is made',
  },
  {
    ...{ slip: 'a volume that hangs is changed', ...KEEPER },
    code: "if (state !== 'serving')",
    instead: "if (state === 'notMounted')",
    named: 'a volume whose probe says shutdown is not changed',
  },
  {
    ...{ slip: 'the keeper does not look for what a list lacks', ...KEEPER },
    code: 'return found ? [...listed, found] : listed;',
    instead: 'return listed;',
    named: 'a list that lacks for ever what is found by its id: that is adopted',
  },
  ...(['volumes', 'recoveryPoints'] as const).map((name) => ({
    ...{ slip: `${name} that the healer could not list are none`, ...OBSERVE },
    code: `    ports.compute.${name}(volume),`,
    instead: `    ports.compute.${name}(volume).catch(() => []),`,
    named: `at ${name}: nothing is done on it`,
  })),
  {
    ...{ slip: 'instances that the healer could not list are none', ...OBSERVE },
    code: '    ports.compute.instances(),',
    instead: '    ports.compute.instances().catch(() => []),',
    named: 'at instances: nothing is done on it',
  },
  {
    ...{ slip: 'a ledger that the healer could not read says nothing', ...OBSERVE },
    code: '    ports.ledger.read(volume),',
    instead: '    ports.ledger.read(volume).catch(() => undefined),',
    named: 'at the ledger: the heal does not begin, or fails, and does nothing',
  },
  {
    ...{ slip: 'a load balancer that was not asked reaches nobody', ...OBSERVE },
    code: '    reachableOn: answered?.on,',
    instead: '    reachableOn: answered?.on ?? [],',
    named: 'at the load balancer: it was not asked',
  },
  {
    ...{ slip: 'an owner that one answer lacks is nobody', ...HEALER, file: 'lambda/core/heal/decide.ts' },
    code: '  if (attachment && !holder) return holderUnseen(observation, context, current, attachment.instanceId);\n',
    instead: '',
    named: 'the owner: it may write, and nothing is made',
  },
];
