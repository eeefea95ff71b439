/**
 * What can go wrong, done to the simulated AWS on purpose: each function breaks one thing, as it breaks in AWS, and the log
 * says so. Nothing here informs the healer: it has to find out.
 */
import { TAG } from '../../../contract/contract.ts';
import type { SimVolume } from '../ec2/state.ts';
import type { Kill } from './faults.ts';
import type { Event } from './happening.ts';
import type { MishapOrder } from './mishaps.ts';
import { OUTAGE, type OutageKind, type Service } from './outages.ts';
import type { Services } from './services.ts';

/** The instance is lost: EC2 terminates it, and its Auto Scaling group launches another one. */
export function terminateInstance(s: Services, instanceId: string): void {
  announce(s, `${instanceId} is lost`);
  s.instances.terminate(s.ec2.instance(instanceId));
}

/** The instance does nothing any more, and EC2 calls it running. What it had mounted it still has; it may wake up. */
export function hangInstance(s: Services, instanceId: string): void {
  // What was probed before was probed: its canary is on the volume.
  s.fleet.catchUpHost(instanceId);
  announce(s, `${instanceId} hangs`, { kind: 'hangs', instanceId });
  s.cloud.faults.hung.set(instanceId, s.cloud.clock.now());
}

/** A hung instance goes on as if nothing had been, unless its power was cut. */
export function wakeInstance(s: Services, instanceId: string): void {
  const { state } = s.ec2.instance(instanceId);
  const wakes = state === 'running' && s.cloud.faults.hung.delete(instanceId);
  announce(s, wakes ? `${instanceId} wakes up` : `${instanceId} does not wake up: it is ${state}`);
  if (wakes) s.hosts.touch(instanceId);
}

/**
 * The instance boots again.
 * @param orderly by its own system, which unmounts everything first; else as by a reset button
 * @param ms how long it takes; the usual time, when not given
 */
export function rebootInstance(s: Services, instanceId: string, orderly: boolean, ms?: number): void {
  announce(s, `${instanceId} ${orderly ? 'is rebooted' : 'crashes, and boots again'}`);
  const instance = s.ec2.instance(instanceId);
  s.instances.reboot(instance, { orderly, ms, up: () => s.fleet.booted(instance) });
  s.hosts.touch(instanceId);
}

/** Somebody takes the stack's tag off the instance: whoever lists the fleet does not see it any more, and it runs on. */
export function untagInstance(s: Services, instanceId: string): void {
  announce(s, `somebody takes the tag ${TAG.stack} off ${instanceId}`);
  delete s.ec2.instance(instanceId).tags[TAG.stack];
}

/** The agent of the journal is frozen there, as by its cgroup, until {@link thawAgent}: all else on the host goes on. */
export function freezeAgent(s: Services, instanceId: string): void {
  announce(s, `the agent of the journal on ${instanceId} is frozen`);
  s.cloud.faults.frozenAgents.add(instanceId);
  s.cloud.faults.onAgentFrozen?.(instanceId, true);
}

/** The agent of the journal ends on every host as soon as it is started, as where its Node cannot be had. */
export function failAgents(s: Services): void {
  announce(s, 'no host has what the agent of the journal needs');
  s.cloud.faults.agentsFail = true;
  s.cloud.faults.onAgentsFail?.();
}

/** As a lifecycle rule does. */
export function expireObjects(s: Services, bucket: string, keys: readonly string[]): void {
  announce(s, `${keys.length} objects of ${bucket} have expired`);
  for (const key of keys) s.s3.bucket(bucket).remove(key);
  s.cloud.faults.onObjectsGone?.(bucket, keys);
}

/** It goes on where it was, and knows nothing of what happened meanwhile. */
export function thawAgent(s: Services, instanceId: string): void {
  announce(s, `the agent of the journal on ${instanceId} goes on`);
  s.cloud.faults.frozenAgents.delete(instanceId);
  s.cloud.faults.onAgentFrozen?.(instanceId, false);
}

/** The root disk is full there, until {@link makeRoom}: the agent of the journal ends with an error, as often as systemd starts it. */
export function fillRoot(s: Services, instanceId: string): void {
  announce(s, `the root disk of ${instanceId} is full`);
  s.cloud.faults.fullRoots.add(instanceId);
  s.cloud.faults.onRootFull?.(instanceId, true);
}

/** Somebody makes room there. */
export function makeRoom(s: Services, instanceId: string): void {
  announce(s, `the root disk of ${instanceId} has room again`);
  s.cloud.faults.fullRoots.delete(instanceId);
  s.cloud.faults.onRootFull?.(instanceId, false);
}

/** The agent of the journal is killed there, in whatever it does: systemd starts it anew, and a drain of it has no answer. */
export function killAgent(s: Services, instanceId: string): void {
  announce(s, `the agent of the journal on ${instanceId} is killed`);
  const { faults } = s.cloud;
  faults.killedAgents.set(instanceId, (faults.killedAgents.get(instanceId) ?? 0) + 1);
  faults.onAgentKilled?.(instanceId);
}

/** Somebody stops what follows on spares there, and masks its unit, until {@link unmaskFollower}: all else on the host goes on. */
export function maskFollower(s: Services, instanceId: string): void {
  announce(s, `what follows on spares of ${instanceId} is stopped, and not started again`);
  s.cloud.faults.maskedFollowers.add(instanceId);
  s.cloud.faults.onFollowersMasked?.(instanceId);
}

/** It may run again; whoever asks for it starts it. */
export function unmaskFollower(s: Services, instanceId: string): void {
  announce(s, `what follows on spares of ${instanceId} may be started again`);
  s.cloud.faults.maskedFollowers.delete(instanceId);
}

/** Nobody reaches the web server of the instance any more; the probe, which reads the volume itself, does not notice. */
export function cutOffWeb(s: Services, instanceId: string): void {
  announce(s, `the web server of ${instanceId} answers nobody`);
  s.cloud.faults.webUnreached.add(instanceId);
}

/** The witness of the instance reaches no other instance any more, or again: all else there goes on. */
export function cutOffWitness(s: Services, instanceId: string, off: boolean): void {
  const { witnessesCutOff } = s.cloud.faults;
  if (off) witnessesCutOff.add(instanceId);
  else witnessesCutOff.delete(instanceId);
  announce(s, `${instanceId} reaches ${off ? 'no other instance any more' : 'the others again'}`);
}

/** Somebody has the instance: it says of whomever it can name that it does not answer, each turn, or does so no more. */
export function lieAsWitness(s: Services, instanceId: string, lies: boolean): void {
  const { lyingWitnesses } = s.cloud.faults;
  if (lies) lyingWitnesses.add(instanceId);
  else lyingWitnesses.delete(instanceId);
  announce(s, `${instanceId} ${lies ? 'says of everybody that it does not answer' : 'lies no more'}`);
}

/** The volume's I/O hangs, until {@link releaseStall}. */
export function stallVolume(s: Services, volume: SimVolume): void {
  s.fleet.catchUp(volume.id);
  announce(s, `I/O to ${volume.id} hangs`, { kind: 'stalls', volumeId: volume.id });
  s.cloud.faults.stalled.set(volume.id, s.cloud.clock.now());
  s.cloud.faults.stalls.push({ volumeId: volume.id, from: s.cloud.clock.now(), until: Number.POSITIVE_INFINITY });
  s.cloud.disks.stall(volume.id, true);
  touchHost(s, volume);
}

export function releaseStall(s: Services, volume: SimVolume): void {
  announce(s, `I/O to ${volume.id} goes on`);
  s.cloud.faults.stalled.delete(volume.id);
  const last = s.cloud.faults.stalls.findLast((stall) => stall.volumeId === volume.id);
  if (last) last.until = s.cloud.clock.now();
  s.cloud.disks.stall(volume.id, false);
  touchHost(s, volume);
}

/** The hardware behind the volume is lost: it is in state `error`, and its data are gone. */
export function loseVolume(s: Services, volume: SimVolume): void {
  announce(s, `${volume.id} is lost: state error`);
  volume.state = 'error';
  s.cloud.disks.lose(volume.id);
  touchHost(s, volume);
}

/** Somebody unmounts the volume on its host. */
export function unmountVolume(s: Services, volume: SimVolume): void {
  s.fleet.catchUp(volume.id);
  announce(s, `somebody unmounts ${volume.id}`);
  s.cloud.disks.unmount(volume.id);
  touchHost(s, volume);
}

/** Nothing in the zone answers any more; EC2 goes on calling its instances running, until their groups give them up. */
export function loseZone(s: Services, zone: string): void {
  for (const instance of s.ec2.instances.values()) if (instance.zone === zone) s.fleet.catchUpHost(instance.id);
  announce(s, `the zone ${zone} is lost`);
  s.cloud.faults.lostZones.set(zone, s.cloud.clock.now());
}

/** The next `count` attachments do not end. */
export function stickAttach(s: Services, count: number): void {
  announce(s, `the next ${count} attachments will be stuck`);
  s.cloud.faults.stuckAttaches = count;
}

/** The next `count` detachments do not end, those by the end of an instance included. */
export function stickDetach(s: Services, count: number): void {
  announce(s, `the next ${count} detachments will be stuck`);
  s.cloud.faults.stuckDetaches = count;
}

/** Volumes that are encrypted with the key are created, fail and vanish. */
export function revokeKey(s: Services): void {
  announce(s, 'the key that encrypts volumes is revoked');
  s.cloud.faults.keyRevoked = true;
}

/** Somebody orders the deletion of the key: until then, it can be kept. */
export function deleteKey(s: Services, days: number): void {
  announce(s, `the key is to be deleted in ${days} days`);
  s.cloud.faults.keyDeletedAt = s.cloud.clock.now() + days * 86_400_000;
}

/** The key can be used again. */
export function restoreKey(s: Services): void {
  announce(s, 'the key can be used again');
  s.cloud.faults.keyRevoked = false;
  s.cloud.faults.keyDeletedAt = undefined;
}

/** EC2 refuses every call for this long: somebody else in the account has emptied the buckets. */
export function throttle(s: Services, seconds: number): void {
  announce(s, `EC2 refuses calls for ${seconds} s: RequestLimitExceeded`);
  s.cloud.faults.throttledUntil = s.cloud.clock.now() + seconds * 1000;
}

/** Each write to the volume takes so long: it is slow, and not dead. */
export function slowVolume(s: Services, volume: SimVolume, ms: number): void {
  announce(s, `each write to ${volume.id} takes ${ms} ms`);
  s.cloud.faults.slow.set(volume.id, ms);
}

/** Uploads fill the content volume that the instance serves; where nobody serves it, nobody can upload. */
export function fillVolume(s: Services, instanceId: string | undefined, volume: string, percent: number): void {
  if (instanceId === undefined) return;
  announce(s, `${volume} is filled up to ${percent} %`);
  s.cloud.disks.fill(instanceId, volume, percent);
  s.hosts.touch(instanceId);
}

/** A service does not do what it should, from now on. */
export function outage(s: Services, service: Service, kind: OutageKind, seconds: number): void {
  const now = s.cloud.clock.now();
  announce(s, `${service} ${kind === OUTAGE.slow ? 'is slow' : kind} for ${seconds} s`);
  s.cloud.faults.outages.set(service, kind, now, now + seconds * 1000);
  s.cloud.clock.after(seconds * 1000, () => announce(s, `${service} is as it should be again`));
}

/** Single calls of a service go wrong from now on, each as the order has it. */
export function disturb(s: Services, order: MishapOrder): void {
  const { service, operation = 'whatever', how, times } = order;
  announce(s, `the next ${times} calls of ${service} ${operation}: ${how}`);
  s.cloud.faults.mishaps.order(order);
}

/** No volume can be made in the zone. @param seconds for how long; for ever, when not given */
export function exhaustCapacity(s: Services, zone: string, seconds = Number.POSITIVE_INFINITY): void {
  announce(s, `no volume can be made in ${zone}${Number.isFinite(seconds) ? ` for ${seconds} s` : ''}`);
  s.cloud.faults.noCapacity.set(zone, s.cloud.clock.now() + seconds * 1000);
}

/** The function dies once, at that moment of a step, and is run again from its last checkpoint. */
export function killOnce(s: Services, kill: Kill): void {
  s.cloud.faults.kill = kill;
}

/** The newest `count` completed snapshots of these volumes cannot be mounted any more. @returns their ids */
export function spoilSnapshots(s: Services, volumes: readonly SimVolume[], count: number): string[] {
  const ids = new Set(volumes.map((v) => v.id));
  const newest = [...s.ec2.snapshots.values()]
    .filter((snapshot) => ids.has(snapshot.volumeId) && snapshot.state === 'completed')
    .sort((a, b) => b.startedAt - a.startedAt)
    .slice(0, count);
  for (const { id } of newest) {
    s.cloud.disks.spoil(id);
    s.cloud.faults.spoilt.add(id);
  }
  announce(s, `these snapshots do not mount: ${newest.map((snapshot) => snapshot.id).join(', ')}`);
  return newest.map((snapshot) => snapshot.id);
}

/** Somebody deletes all snapshots of these volumes. */
export function deleteSnapshots(s: Services, volumes: readonly SimVolume[]): void {
  const ids = new Set(volumes.map((v) => v.id));
  const gone = [...s.ec2.snapshots.values()].filter((snapshot) => ids.has(snapshot.volumeId));
  for (const { id } of gone) {
    s.ec2.snapshots.delete(id);
    s.cloud.disks.deleteSnapshot(id);
  }
  announce(s, `somebody deletes the ${gone.length} snapshots of ${[...ids].join(', ')}`);
}

function announce(s: Services, what: string, event?: Event): void {
  s.cloud.say('failure', what, event);
}

/** What a probe saw on the host before says nothing any more. */
function touchHost(s: Services, volume: SimVolume): void {
  if (volume.attachment) s.hosts.touch(volume.attachment.instanceId);
}

/** Somebody ends a subscription, or confirms one. */
export function setSubscriptions(s: Services, now: Services['sns']['subscriptions']): void {
  announce(s, `${now.confirmed} subscriptions are confirmed, ${now.pending} wait to be`);
  s.sns.subscriptions = now;
}
