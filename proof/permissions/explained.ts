import { roleName } from './statements.ts';
import { type Grant, matches } from './survey.ts';

/** Why something that a role may do is not seen to be used by any rehearsal, and is needed all the same. */
export interface Explanation {
  /** The role, without what the CDK adds to its logical id. */
  readonly role: string;
  /** Sid of the statement, or name of the AWS managed policy. @default any statement of the role */
  readonly statement?: string;
  /** As written in the statement; `*` and `?` stand for any text and any character. */
  readonly actions: readonly string[];
  readonly why: string;
}

/** Of the ledger. */
const READERS: readonly string[] = ['Keeper', 'Fleet'];

/** Each row is narrow, and must explain something that is there and unused: one that does not is an error. */
export const EXPLAINED: readonly Explanation[] = [
  ...['Healer', 'Drill', 'Guard', 'WitnessStarterService', ...READERS].map((role) => ({
    role,
    statement: 'OpensLedger',
    actions: ['kms:DescribeKey', ...(READERS.includes(role) ? [] : ['kms:Encrypt', 'kms:GenerateDataKey'])],
    why: 'Among the least that DynamoDB lists for a key of ours; that it asks for it in the name of a caller, and not in its own, is not documented',
  })),
  ...['Healer', 'Drill'].map((role) => ({
    role,
    actions: ['lambda:GetDurableExecutionState'],
    why: 'Asked for only where the state of an execution takes more than one page; the rehearsal hands it over in one',
  })),
  {
    role: 'Snapshots',
    actions: ['ec2:Describe*', 'ssm:DescribeInstanceInformation', 'ssm:ListCommands', 'ssm:DescribeDocument'],
    why: 'In the documented policies of Data Lifecycle Manager; the rehearsal knows what it would look for',
  },
  {
    role: 'Fleet',
    statement: 'AmazonSSMManagedInstanceCore',
    actions: ['ssm:*', 'ssmmessages:*', 'ec2messages:*'],
    why: 'What the Systems Manager agent says to its service; the rehearsal hands commands to the hosts itself. Parameters are denied',
  },
  {
    role: 'NetworkFlowLogs',
    actions: ['logs:*'],
    why: 'VPC flow logs are written by the VPC in the name of this role; the rehearsal has no packets',
  },
];

function applies({ role, statement, actions }: Explanation, grant: Grant): boolean {
  return (
    role === roleName(grant.statement.role) &&
    (statement === undefined || statement === grant.statement.name) &&
    actions.some((pattern) => matches(pattern, grant.action))
  );
}

export function explanationOf(grant: Grant): Explanation | undefined {
  return EXPLAINED.find((explanation) => applies(explanation, grant));
}

/** What is wrong with the list itself: a row, or an action of one, that explains nothing, or what is used. */
export function stale(grants: readonly Grant[], explained: readonly Explanation[] = EXPLAINED): string[] {
  return explained.flatMap((row) =>
    row.actions.flatMap((pattern) => {
      const about = grants.filter((grant) => applies({ ...row, actions: [pattern] }, grant));
      const name = `${row.role}${row.statement === undefined ? '' : ` (${row.statement})`}: ${pattern}`;
      if (about.length === 0) return [`${name} explains nothing that a role may do`];
      const used = about.filter((grant) => grant.uses > 0).map((grant) => grant.action);
      return used.length > 0 ? [`${name} explains ${[...new Set(used)].join(', ')}, which is used`] : [];
    }),
  );
}
