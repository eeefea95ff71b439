import type { Cloud } from './cloud.ts';
import { type Input, onlyMembers, text } from './ec2-input.ts';
import type { Ec2State } from './ec2-state.ts';
import type { Hosts } from './hosts.ts';
import { ServiceError } from './service-error.ts';
import { has, list, num, object, onlyKnown, type Properties, str, strings } from './template.ts';

interface Parameter {
  readonly allowed: RegExp;
  readonly environment: boolean;
}

interface Document {
  readonly verb: string;
  readonly script: string;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly timeoutSeconds: number;
}

interface Invocation {
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed';
  readonly visibleAt: number;
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Until the agent has picked a command up; what a verb takes beside its disk work (milliseconds). */
const PICK_UP = { median: 700, p99: 2500 };
const RUN = { median: 400, p99: 1500 };
const VISIBLE_MS = 200;
/** Output beyond this is cut (API reference of GetCommandInvocation). */
const OUTPUT_CHARACTERS = 24_000;

/** Run Command of the simulated Systems Manager: documents from the template, run on the hosts as the agent runs them. */
export class Ssm {
  readonly #documents = new Map<string, Document>();

  constructor(cloud: Cloud, ec2: Ec2State, hosts: Hosts) {
    const random = cloud.random.stream('ssm');
    const invocations = new Map<string, Invocation>();

    const run = (instanceId: string, document: Document, env: Record<string, string>, invocation: Invocation) => {
      // An instance that stopped before the agent picked the command up leaves it pending; its sender has a deadline.
      if (ec2.instances.get(instanceId)?.state !== 'running') return;
      invocation.status = 'InProgress';
      cloud.clock.after(random.delay(RUN), () => {
        if (ec2.instances.get(instanceId)?.state !== 'running') return;
        if (document.verb !== 'probe') hosts.touch(instanceId);
        const result = hosts.run(instanceId, document.verb, document.script, env);
        invocation.status = result.exitCode === 0 ? 'Success' : 'Failed';
        invocation.exitCode = result.exitCode;
        invocation.stdout = result.stdout.slice(0, OUTPUT_CHARACTERS);
        invocation.stderr = result.stderr.slice(0, OUTPUT_CHARACTERS);
        // What the kernel said carries its own clock, and would make every log another one.
        const said = `${result.stdout}\n${result.stderr}`
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('kernel='));
        cloud.say(
          instanceId,
          `${document.verb}: ${result.exitCode === 0 ? 'ok' : `exit ${result.exitCode}`}${said.length > 0 ? ` (${said.join('; ')})` : ''}`,
        );
      });
    };

    const sendCommand = (input: Input) => {
      onlyMembers('SendCommand', input, ['DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds']);
      const name = text(input, 'DocumentName');
      const document = this.#documents.get(name);
      if (!document) throw new ServiceError('InvalidDocument', `Document ${name} does not exist`);
      const instanceIds = input.InstanceIds as string[];
      const offline = instanceIds.find(
        (id) => !ec2.instances.get(id)?.agentOnline || ec2.instances.get(id)?.state !== 'running',
      );
      if (offline)
        throw new ServiceError(
          'InvalidInstanceId',
          `Instances [[${offline}]] not in a valid state for account ${cloud.account}`,
        );
      const env = environment(document, (input.Parameters ?? {}) as Record<string, string[]>);
      const CommandId = `cmd-${random.hex(12)}`;
      for (const instanceId of instanceIds) {
        const invocation: Invocation = {
          status: 'Pending',
          visibleAt: cloud.clock.now() + VISIBLE_MS,
          exitCode: -1,
          stdout: '',
          stderr: '',
        };
        invocations.set(`${CommandId} ${instanceId}`, invocation);
        cloud.clock.after(random.delay(PICK_UP), () => run(instanceId, document, env, invocation));
      }
      return { Command: { CommandId, DocumentName: name, InstanceIds: instanceIds, Status: 'Pending' } };
    };

    const getCommandInvocation = (input: Input) => {
      onlyMembers('GetCommandInvocation', input, ['CommandId', 'InstanceId']);
      const found = invocations.get(`${text(input, 'CommandId')} ${text(input, 'InstanceId')}`);
      if (!found || found.visibleAt > cloud.clock.now())
        throw new ServiceError(
          'InvocationDoesNotExist',
          'The command ID and managed node ID you specified did not match any invocations.',
        );
      return {
        CommandId: input.CommandId,
        InstanceId: input.InstanceId,
        Status: found.status,
        StatusDetails: found.status,
        ResponseCode: found.exitCode,
        StandardOutputContent: found.stdout,
        StandardErrorContent: found.stderr,
      };
    };

    const describeInstanceInformation = (input: Input) => {
      onlyMembers('DescribeInstanceInformation', input, ['Filters', 'NextToken', 'MaxResults']);
      const filters = (input.Filters ?? []) as { Key: string; Values: string[] }[];
      const unknown = filters.find((f) => f.Key !== 'PingStatus');
      if (unknown) throw new Error(`the simulated DescribeInstanceInformation does not know the filter ${unknown.Key}`);
      const all = [...ec2.instances.values()].filter((i) => i.state !== 'terminated' && i.agentOnline);
      return {
        InstanceInformationList: all.map((i) => ({
          InstanceId: i.id,
          PingStatus: i.state === 'running' ? 'Online' : 'ConnectionLost',
        })),
      };
    };

    cloud.offer('ssm', {
      SendCommand: sendCommand,
      GetCommandInvocation: getCommandInvocation,
      DescribeInstanceInformation: describeInstanceInformation,
    });
  }

  /** A document as the template defines it. @throws TemplateError for what the agent would do and this does not know */
  define(name: string, p: Properties): void {
    if (str(p, 'DocumentType') !== 'Command')
      throw new Error(`${p.path}: the simulation knows documents of type Command only`);
    const content = object(p, 'Content');
    onlyKnown(content, ['schemaVersion', 'description', 'parameters', 'mainSteps']);
    const steps = list(content, 'mainSteps');
    const [step] = steps;
    if (!step || steps.length !== 1 || str(step, 'action') !== 'aws:runShellScript')
      throw new Error(`${content.path}: the simulation knows documents of one aws:runShellScript step`);
    onlyKnown(step, ['action', 'name', 'inputs', 'precondition']);
    const inputs = object(step, 'inputs');
    onlyKnown(inputs, ['runCommand', 'timeoutSeconds']);
    const script = strings(inputs, 'runCommand').join('\n');
    const verb = script.match(/^# remount-verb: (\w+)$/m)?.[1];
    if (!verb) throw new Error(`${content.path}: the script has no line "# remount-verb: <name>"`);
    const parameters = object(content, 'parameters', {});
    this.#documents.set(name, {
      verb,
      script,
      timeoutSeconds: num(inputs, 'timeoutSeconds', 3600),
      parameters: new Map(Object.keys(parameters.values).map((key) => [key, parameter(object(parameters, key))])),
    });
  }
}

function parameter(p: Properties): Parameter {
  onlyKnown(p, ['type', 'description', 'allowedPattern', 'interpolationType']);
  return {
    allowed: new RegExp(has(p, 'allowedPattern') ? str(p, 'allowedPattern') : ''),
    environment: str(p, 'interpolationType', '') === 'ENV_VAR',
  };
}

/** Parameters as the agent hands them to the script: `SSM_<name>`, checked against the document first. */
function environment(document: Document, given: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  const unknown = Object.keys(given).find((key) => !document.parameters.has(key));
  if (unknown) throw new ServiceError('InvalidParameters', `Parameter ${unknown} is not defined in the document`);
  const env: Record<string, string> = {};
  for (const [key, { allowed, environment: asEnvironment }] of document.parameters) {
    const value = given[key]?.[0];
    if (value === undefined) throw new ServiceError('InvalidParameters', `Parameter ${key} is required`);
    if (!allowed.test(value))
      throw new ServiceError(
        'InvalidParameters',
        `Value ${value} of parameter ${key} does not match ${allowed.source}`,
      );
    if (!asEnvironment)
      throw new Error(
        `the simulated agent hands parameters over as environment variables only; ${key} has no interpolationType ENV_VAR`,
      );
    env[`SSM_${key}`] = value;
  }
  return env;
}
