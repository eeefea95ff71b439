import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { ResolvedOutput } from './template.ts';

/** Those that the rehearsal's stacks can be in. Source: AWS CloudFormation User Guide, "Stack status codes". */
export type StackStatus =
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED';

/** The id that `AWS::StackId` stands for. */
export function stackIdOf(
  { partition, region, account }: Pick<Cloud, 'partition' | 'region' | 'account'>,
  name: string,
): string {
  return `arn:${partition}:cloudformation:${region}:${account}:stack/${name}/00000000-0000-4000-8000-000000000000`;
}

/** The stacks of the simulated CloudFormation, and what it says of them. */
export class CloudFormation {
  readonly #cloud: Cloud;
  readonly #status = new Map<string, StackStatus>();
  /** When updates began: Unix milliseconds. */
  readonly updates: number[] = [];
  readonly #outputs = new Map<string, { readonly OutputKey: string; readonly OutputValue: string }[]>();
  /** When each was first heard of: Unix milliseconds. */
  readonly #created = new Map<string, number>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('cloudformation', {
      DescribeStacks: (input: Input) => {
        onlyMembers('DescribeStacks', input, ['StackName']);
        const asked = text(input, 'StackName');
        const name = [...this.#status.keys()].find((each) => each === asked || stackIdOf(cloud, each) === asked);
        const status = name === undefined ? undefined : this.#status.get(name);
        if (name === undefined || status === undefined)
          throw new ServiceError('ValidationError', `Stack with id ${asked} does not exist`);
        const CreationTime = new Date(this.#created.get(name) ?? cloud.clock.now());
        const Outputs = this.#outputs.get(name);
        const stack = { StackId: stackIdOf(cloud, name), StackName: name, CreationTime, StackStatus: status };
        return { Stacks: [{ ...stack, ...(Outputs && { Outputs }) }] };
      },
    });
  }

  statusOf(name: string): StackStatus | undefined {
    return this.#status.get(name);
  }

  /** What the stack gives out under that name. */
  outputOf(name: string, key: string): string | undefined {
    return this.#outputs.get(name)?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  }

  /** What the stack gives out, once it is made or updated. */
  give(name: string, outputs: Readonly<Record<string, ResolvedOutput>>): void {
    const all = Object.entries(outputs);
    this.#outputs.set(
      name,
      all.map(([OutputKey, { value }]) => ({ OutputKey, OutputValue: String(value) })),
    );
  }

  /** @param quiet says nothing of it in the log */
  enter(name: string, status: StackStatus, quiet = false): void {
    if (!this.#created.has(name)) this.#created.set(name, this.#cloud.clock.now());
    if (status === 'UPDATE_IN_PROGRESS') this.updates.push(this.#cloud.clock.now());
    this.#status.set(name, status);
    if (!quiet) this.#cloud.say('cloudformation', `stack ${name}: ${status}`);
  }
}
