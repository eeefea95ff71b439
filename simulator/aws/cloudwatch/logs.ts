import type { Cloud } from '../account/cloud.ts';
import { has, onlyKnown, type Properties, str } from '../cloudformation/template.ts';
import type { Principal } from '../iam/account.ts';
import { missingForLogs } from '../iam/key-uses.ts';
import { missingForRole } from '../iam/role.ts';

/** What Lambda does in the name of a function's role, docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html */
const WRITING = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * Log groups of the simulated CloudWatch Logs. What is written into them is in the rehearsal's own log; here is judged whether it
 * could be written.
 */
export class Logs {
  readonly #cloud: Cloud;
  /** Who has been found to write into which group. */
  readonly #writers = new Set<string>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** @returns the group's ARN. @throws Error where CloudWatch Logs may not use the key: the group is not made */
  createGroup(name: string, p: Properties): string {
    onlyKnown(p, ['KmsKeyId', 'LogGroupName', 'RetentionInDays', 'Tags']);
    const arn = this.#arn(name);
    const missing = has(p, 'KmsKeyId') ? missingForLogs(this.#cloud, str(p, 'KmsKeyId'), arn) : undefined;
    if (missing)
      throw new Error(`${p.path}.KmsKeyId: the key is not allowed to be used with log group ${arn}: ${missing}`);
    return `${arn}:*`;
  }

  /** A function begins to write: said once where its role does not let it, for the function runs on. */
  begin(role: Principal, group: string): void {
    const writer = `${role.name} ${group}`;
    if (this.#writers.has(writer)) return;
    this.#writers.add(writer);
    const resources = [`${this.#arn(group)}:log-stream:1`];
    const context = { 'aws:PrincipalAccount': this.#cloud.account };
    for (const action of WRITING) {
      const missing = missingForRole(this.#cloud, role, { action, resources, context });
      if (missing) this.#cloud.say('iam', `denied: ${role.name} may not ${missing}`);
    }
  }

  #arn(name: string): string {
    const { partition, region, account } = this.#cloud;
    return `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
  }
}
