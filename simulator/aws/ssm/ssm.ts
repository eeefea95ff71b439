import { EXIT, VERB_PARAMETER } from '../../../contract/contract.ts';
import type { HostResult } from '../../disks/disks.ts';
import type { Cloud, TagIndex } from '../account/cloud.ts';
import { garble } from '../account/garble.ts';
import { printed } from '../account/happening.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Properties } from '../cloudformation/template.ts';
import { type Input, onlyMembers, optionalNumber, page, text } from '../ec2/input.ts';
import type { Ec2State, SimInstance } from '../ec2/state.ts';
import { AGENT, type Hosts } from '../fleet/hosts.ts';
import { type Document, documentOf, environment } from './documents.ts';

/** A command that ran to its end: when it arrived at SSM, when its verb began on the host, and when that was done. */
export interface Ran {
  readonly verb: string;
  readonly instanceId: string;
  /** Empty for a verb that names none. */
  readonly volumeId: string;
  readonly sentAt: number;
  readonly beganAt: number;
  readonly endedAt: number;
  readonly exitCode: number;
}

interface Invocation {
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed';
  /** The host did not work when it arrived. */
  missed: boolean;
  readonly sentAt: number;
  beganAt: number;
  readonly volumeId: string;
  readonly visibleAt: number;
  /** Not picked up by then, it never runs. */
  readonly deliverBy: number;
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Until the agent has picked a command up; what a verb takes beside its disk work (milliseconds). */
const PICK_UP = { median: 700, p99: 2500 };
const RUN = { median: 400, p99: 1500 };
/** A check that reads all content, or as much as it has time for; half of it is for all else (decision 12). */
const CHECK = { median: 90_000, p99: 400_000 };
/** These would have to share the host with a check. */
const NEEDS_DISK: readonly string[] = ['mount', 'serve'];
const VISIBLE_MS = 200;
/** API reference of DescribeInstanceInformation: at most 50. */
const PAGE = 50;
/** How often a host that did not answer is tried again. */
const LOOK_MS = 1000;
/** An agent that was not heard of for this long has lost its connection. Systems Manager User Guide, "Checking SSM Agent status". */
const CONNECTION_LOST_MS = 5 * 60_000;
/** Output beyond this is cut (API reference of GetCommandInvocation). */
const OUTPUT_CHARACTERS = 24_000;

/** Of the content, how much a check is to read, by `PORTION` of the contract. What changed is little. */
function shareOf(portion: string): number {
  return portion === 'all' ? 1 : 1 / Number(portion.split('/')[1]);
}

/** Run Command of the simulated Systems Manager: documents from the template, run on the hosts as the agent runs them. */
export class Ssm implements TagIndex {
  readonly #documents = new Map<string, Document>();
  readonly ran: Ran[] = [];

  constructor(cloud: Cloud, ec2: Ec2State, hosts: Hosts) {
    cloud.index(this);
    const random = cloud.random.stream('ssm');
    const invocations = new Map<string, Invocation>();

    /** Whether the agent there does anything. */
    const works = (instanceId: string) => {
      const instance = ec2.instances.get(instanceId);
      const { hung, lostZones } = cloud.faults;
      return instance?.state === 'running' && !hung.has(instanceId) && !lostZones.has(instance.zone);
    };
    /** What hangs goes on when it wakes up; what is off does not. */
    const awake = (instanceId: string, then: () => void) => {
      if (works(instanceId)) then();
      else if (cloud.faults.hung.has(instanceId)) cloud.clock.after(LOOK_MS, () => awake(instanceId, then));
    };
    const online = (instance: SimInstance) => {
      const since = cloud.faults.hung.get(instance.id) ?? cloud.faults.lostZones.get(instance.zone);
      const silent = since !== undefined && cloud.clock.now() - since >= CONNECTION_LOST_MS;
      return instance.agentOnline && instance.state === 'running' && !silent;
    };

    /** Checks that run, and where. */
    const checks = new Map<Invocation, string>();

    const run = (instanceId: string, document: Document, env: Record<string, string>, invocation: Invocation) => {
      // A host that hangs, or is off, leaves it pending until its time for delivery is over; one that wakes up picks it up.
      if (cloud.clock.now() >= invocation.deliverBy) return;
      if (!works(instanceId)) {
        const { verb } = document;
        if (!invocation.missed)
          cloud.say(instanceId, `does not pick up ${verb}`, { kind: 'notPickedUp', verb, instanceId });
        invocation.missed = true;
        cloud.clock.after(LOOK_MS, () => run(instanceId, document, env, invocation));
        return;
      }
      invocation.status = 'InProgress';
      invocation.beganAt = cloud.clock.now();
      const isCheck = document.verb === 'check';
      // Of both, one at a time on a host; `bundle` takes no time here.
      if (isCheck || document.verb === 'bundle') {
        // Sent twice, the later one takes over.
        stopChecks(instanceId, invocation.volumeId);
        const beside = [...checks].find(([, host]) => host === instanceId)?.[0].volumeId;
        if (beside !== undefined) {
          const [stdout, stderr] = [`checking=${beside}\nstate=busy\n`, `remount: ${beside} is checked on this host\n`];
          const refused = { exitCode: EXIT.busy, stdout, stderr, realMs: 0 };
          cloud.clock.after(random.delay(RUN), () => end(instanceId, document, invocation, refused));
          return;
        }
      }
      if (isCheck) {
        checks.set(invocation, instanceId);
        const volumeId = env.SSM_VolumeId ?? '';
        cloud.say(instanceId, `check begins (${volumeId})`, { kind: 'checkBegins', volumeId, instanceId });
      }
      const play = () => {
        checks.delete(invocation);
        if (!works(instanceId) || invocation.status !== 'InProgress') return;
        if (document.stops !== 'none') stopChecks(instanceId, document.stops === 'own' ? env.SSM_VolumeId : undefined);
        if (
          document.stops === 'none' &&
          NEEDS_DISK.includes(document.verb) &&
          [...checks.values()].includes(instanceId)
        ) {
          // It is slow beside a check that reads all there is: here, as slow as can be.
          cloud.clock.after(LOOK_MS, play);
          return;
        }
        const slowMounts = cloud.faults.slowMounts ?? cloud.loading;
        if (document.verb === 'release') slowMounts.end(instanceId, invocation.volumeId);
        const slow =
          document.verb === 'mount' ? slowMounts.ask(instanceId, invocation.volumeId, cloud.clock.now()) : undefined;
        // Whoever made the volume has to take another copy.
        const from = ec2.volumes.get(invocation.volumeId)?.snapshotId;
        if (slow?.says?.exitCode === EXIT.timeout && from) cloud.faults.spoilt.add(from);
        if (slow) cloud.clock.after(slow.ms, () => works(instanceId) && ended(slow.says));
        else ended();
      };
      const ended = (says?: HostResult) => {
        if (document.verb !== 'probe') hosts.touch(instanceId);
        if (says) return end(instanceId, document, invocation, says);
        const working = hosts.agent?.(instanceId, document.verb, env);
        if (!working) return played({});
        cloud.clock.spawn(`${document.verb} on ${instanceId}`, async () => {
          const found = await working();
          awake(instanceId, () => played(found));
        });
      };
      const played = (found: Readonly<Record<string, string>>) => {
        const { verb, script } = document;
        // Once more: while its agent was asked, somebody may have looked at what it serves.
        if (verb !== 'probe') hosts.touch(instanceId);
        const ran = () => hosts.run(instanceId, verb, script, { ...env, ...found, [AGENT]: 'true' });
        const { result, ms } = cloud.loading.run(instanceId, verb, invocation.volumeId, ran);
        const late = result.exitCode === EXIT.timeout ? document.deadlineSeconds * 1000 : ms;
        if (late === 0) end(instanceId, document, invocation, result);
        else cloud.clock.after(late, () => awake(instanceId, () => end(instanceId, document, invocation, result)));
      };
      // What a check waits for blocks is known before, for it may be stopped meanwhile.
      const share = shareOf(env[`SSM_${VERB_PARAMETER.portion}`] ?? 'all');
      const loads = isCheck ? cloud.loading.expectCheck(invocation.volumeId, share) : 0;
      cloud.clock.after(
        (isCheck ? Math.round(random.delay(CHECK) * (0.5 + share / 2)) : random.delay(RUN)) + loads,
        play,
      );
    };

    const note = (instanceId: string, verb: string, { volumeId, sentAt, beganAt, exitCode }: Invocation) =>
      this.ran.push({ verb, instanceId, volumeId, sentAt, beganAt, endedAt: cloud.clock.now(), exitCode });

    /** In virtual time a check lasts; its script is run at its end. What stops it before, and what it refuses meanwhile, is the model's part. */
    const stopChecks = (instanceId: string, volumeId?: string) => {
      for (const [invocation, host] of [...checks]) {
        if (host !== instanceId || (volumeId !== undefined && invocation.volumeId !== volumeId)) continue;
        checks.delete(invocation);
        Object.assign(invocation, { status: 'Failed', exitCode: EXIT.interrupted, stdout: 'state=interrupted\n' });
        note(instanceId, 'check', invocation);
        said(instanceId, 'check', invocation, ['state=interrupted']);
      }
    };

    const end = (instanceId: string, document: Document, invocation: Invocation, ran: HostResult) => {
      invocation.exitCode = ran.exitCode;
      note(instanceId, document.verb, invocation);
      const how = cloud.faults.takeGarbled(document.verb);
      if (how) cloud.say('fault', `the answer of ${instanceId} to ${document.verb} is shown garbled: ${how}`);
      const result = how ? garble(ran, how) : ran;
      invocation.status = result.exitCode === 0 ? 'Success' : 'Failed';
      invocation.exitCode = result.exitCode;
      invocation.stdout = result.stdout.slice(0, OUTPUT_CHARACTERS);
      invocation.stderr = result.stderr.slice(0, OUTPUT_CHARACTERS);
      // What the kernel said carries its own clock, and would make every log another one.
      const lines = `${result.stdout}\n${result.stderr}`
        .split('\n')
        .filter((line) => line !== '' && !/^(kernel|ms)=/.test(line));
      said(instanceId, document.verb, invocation, lines);
    };

    const said = (instanceId: string, verb: string, invocation: Invocation, lines: readonly string[]) => {
      const { volumeId, exitCode, stdout } = invocation;
      const how = exitCode === 0 ? 'ok' : `exit ${exitCode}`;
      cloud.say(instanceId, `${verb}: ${how}${lines.length > 0 ? ` (${lines.join('; ')})` : ''}`, {
        kind: 'command',
        verb,
        volumeId,
        instanceId,
        exitCode,
        values: printed(stdout),
      });
    };

    const sendCommand = (input: Input) => {
      onlyMembers('SendCommand', input, ['DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds']);
      const name = text(input, 'DocumentName');
      const document = this.#documents.get(name);
      if (!document) throw new ServiceError('InvalidDocument', `Document ${name} does not exist`);
      const instanceIds = input.InstanceIds as string[];
      const offline = instanceIds.find((id) => {
        const instance = ec2.instances.get(id);
        return !instance || !online(instance);
      });
      if (offline)
        throw new ServiceError(
          'InvalidInstanceId',
          `Instances [[${offline}]] not in a valid state for account ${cloud.account}`,
        );
      const env = environment(document, (input.Parameters ?? {}) as Record<string, string[]>);
      // API reference of SendCommand: 30 seconds at least; this bounds the start of the command only.
      const delivery = optionalNumber(input, 'TimeoutSeconds') ?? 3600;
      if (delivery < 30) throw new ServiceError('ValidationException', `TimeoutSeconds ${delivery} is less than 30`);
      // The API reference of GetCommandInvocation: 36 characters.
      const CommandId = `00000000-0000-4000-8000-${random.hex(12)}`;
      for (const instanceId of instanceIds) {
        const invocation: Invocation = {
          status: 'Pending',
          missed: false,
          sentAt: cloud.clock.now(),
          beganAt: 0,
          volumeId: env.SSM_VolumeId ?? '',
          visibleAt: cloud.clock.now() + VISIBLE_MS,
          deliverBy: cloud.clock.now() + delivery * 1000,
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
      const undelivered = found.status === 'Pending' && cloud.clock.now() >= found.deliverBy;
      return {
        CommandId: input.CommandId,
        InstanceId: input.InstanceId,
        Status: undelivered ? 'TimedOut' : found.status,
        StatusDetails: undelivered ? 'DeliveryTimedOut' : found.status,
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
      const all = [...ec2.instances.values()]
        .filter((i) => i.state !== 'terminated' && i.agentOnline)
        .map((i) => ({ InstanceId: i.id, PingStatus: online(i) ? 'Online' : 'ConnectionLost' }));
      const wanted = all.filter((i) => filters.every((f) => f.Values.includes(i.PingStatus)));
      const { items, next } = page(input, wanted, PAGE, cloud.faults.pageItems);
      return { InstanceInformationList: items, NextToken: next };
    };

    const getDocument = (input: Input) => {
      onlyMembers('GetDocument', input, ['Name']);
      const name = text(input, 'Name');
      const document = this.#documents.get(name);
      if (!document) throw new ServiceError('InvalidDocument', `Document ${name} does not exist`);
      return { Name: name, DocumentType: 'Command', Content: document.content };
    };

    cloud.offer('ssm', {
      GetDocument: getDocument,
      SendCommand: sendCommand,
      GetCommandInvocation: getCommandInvocation,
      DescribeInstanceInformation: describeInstanceInformation,
    });
  }

  tagsOf(name: string): Readonly<Record<string, string>> {
    return this.#documents.get(name)?.tags ?? {};
  }

  /** A document as the template defines it. @throws TemplateError for what the agent would do and this does not know */
  define(name: string, p: Properties): void {
    this.#documents.set(name, documentOf(p));
  }
}
