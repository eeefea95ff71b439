import { expect, test } from '@jest/globals';
import { roleName, roleStatements } from '../../../proof/permissions/statements.ts';
import { rolesOf, template } from './support.ts';

/** What no statement of any role may be, however it is meant. With the setting that allows more than the others do: the guard locks. */
const source = template({ snapshotLock: { days: 7 } });
const roles = rolesOf(source);

const READ = /^[a-z0-9-]+:(Describe|Get|List)/;

test('nothing that changes something is allowed on everything, where AWS knows a resource', () => {
  const wide = roleStatements(source)
    .filter(({ name, allow }) => allow && !name?.includes('/') && name !== 'AmazonSSMManagedInstanceCore')
    .flatMap((statement) => statement.actions.map((action) => ({ ...statement, action })))
    .filter(({ action, role, source: place }) => {
      const resources = (roles.get(roleName(role)) ?? []).find((s) => s.source === place)?.resources ?? [];
      return !READ.test(action) && resources.includes('*');
    });
  // PutMetricData has no resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
  expect(wide.map(({ role, action }) => `${roleName(role)} ${action}`)).toEqual([
    'Fleet cloudwatch:PutMetricData',
    'Keeper cloudwatch:PutMetricData',
    'Drill cloudwatch:PutMetricData',
    'Guard cloudwatch:PutMetricData',
  ]);
});

test('no function is allowed an action by a wildcard, but to make data keys', () => {
  const wild = roleStatements(source).flatMap(({ actions }) => actions.filter((action) => /[*?]/.test(action)));
  expect(new Set(wild)).toEqual(new Set(['kms:GenerateDataKey*']));
});

test('no role may pass a role, take one, or change what roles and keys may do', () => {
  const actions = roleStatements(source).flatMap((statement) => statement.actions);
  const powers = /^(iam|sts|organizations):|^kms:(Put|Revoke|Retire|Schedule|Disable|Delete)|^\*/i;
  expect(actions.filter((action) => powers.test(action))).toEqual([]);
});
