/** The host verbs as a model: same exit codes, same output keys as `host/*.sh` on a real disk. */

import {
  DLM_VERB,
  PORTION,
  RESUME_VERB,
  SEED,
  TERM,
  UPDATE_VERB,
  VERB_PARAMETER,
  VOLUME_ID,
  VOLUME_NAME,
} from '../../../contract/contract.ts';
import { UNKNOWN_VERB } from '../disks.ts';
import { DRAINED_ENV, FLUSHED_ENV, FOLLOWED_ENV, MASKED } from '../journal-answers.ts';
import { fail, ok, type VerbResult, verdict } from './answers.ts';
import { bundle, misuse } from './bundle.ts';
import { checkContent } from './check.ts';
import { drainedAnswer } from './drained.ts';
import { MemoryFileSystem } from './file-system.ts';
import { dlm, isFrozen, NOTHING_FROZEN } from './freeze.ts';
import type { MemoryHost, MemoryVolume } from './host.ts';
import { type Marked, resume } from './resume.ts';
import { NO_SOFTWARE, update } from './software.ts';

export function newHost(id: string): MemoryHost {
  const nothing = { mounts: new Map(), links: new Map(), markers: new Map(), open: new Set<string>() };
  const idle = { web: new Set<string>(), downloads: new Map(), hung: new Set<string>(), left: new Set<string>() };
  const kept = { suspicions: new Map(), taken: new Set<string>() };
  return { id, ...nothing, ...idle, ...kept, software: NO_SOFTWARE(), ...NOTHING_FROZEN() };
}

interface VerbCall {
  readonly host: MemoryHost;
  readonly volume: string;
  readonly volumeId: string;
  /** The volume, if it is attached to this host. */
  readonly device: MemoryVolume | undefined;
  readonly now: string;
  /** What a check is asked: see `check.ts`. */
  readonly portion: string;
  readonly late: number;
  /** What the agent of the journal has answered, where there is one. */
  readonly drained?: string | undefined;
  readonly flushed?: string | undefined;
  readonly followed?: string | undefined;
  readonly term?: string | undefined;
  /** All that the script finds. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a probe takes, modelled. */
const PROBE_MS = 40;

function format({ volume, volumeId, device, host }: VerbCall): VerbResult {
  if (device?.lost) return verdict('unmountable', volumeId, `${volumeId}: Input/output error`);
  if (!device) return fail('noDevice', `${volumeId} is not attached to this instance`);
  if (host.mounts.get(volumeId)?.dead) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  device.fileSystem ??= new MemoryFileSystem(volume, volumeId, device.sizeGiB);
  if (!device.fileSystem.isFreshFor(volume, volumeId)) return fail('notBlank', `${volumeId} holds data: not formatted`);
  return ok('state=formatted', `volumeId=${volumeId}`);
}

/** Nothing of a file system that was made for another content volume is mounted on, or served. */
function foreign({ volume }: VerbCall, volumeId: string, fileSystem: MemoryFileSystem): VerbResult | undefined {
  if (fileSystem.volume === volume) return undefined;
  return verdict(
    'foreign',
    volumeId,
    `the file system of ${volumeId} was made for ${fileSystem.volume}, and not for ${volume}`,
  );
}

function mount(call: VerbCall): VerbResult {
  const { volumeId, device, host } = call;
  host.frozen.delete(volumeId);
  host.left.delete(volumeId);
  const mounted = host.mounts.get(volumeId);
  if (mounted?.dead) return verdict('shutdown', volumeId, `${volumeId} is mounted but shut down`);
  const taken = mounted && foreign(call, volumeId, mounted.fileSystem);
  if (taken) return taken;
  if (!mounted) {
    if (!device) return fail('noDevice', `${volumeId} is not attached to this instance`);
    if (device.lost) return verdict('unmountable', volumeId, `mount: ${volumeId}: can't read superblock`);
    if (!device.fileSystem)
      return verdict('unmountable', volumeId, `mount: ${volumeId}: wrong fs type, bad superblock`);
    if (device.fileSystem.damaged)
      return verdict('unmountable', volumeId, `mount: ${volumeId}: Structure needs cleaning.`);
    const other = foreign(call, volumeId, device.fileSystem);
    if (other) return other;
    device.fileSystem.mount();
    host.mounts.set(volumeId, { fileSystem: device.fileSystem, dead: false });
  }
  return ok('state=mounted', `volumeId=${volumeId}`);
}

function verify(call: VerbCall): VerbResult {
  const { volumeId, host } = call;
  const mounted = host.mounts.get(volumeId);
  if (!mounted) return fail('notMounted', `${volumeId} is not mounted`);
  if (mounted.dead) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  const other = foreign(call, volumeId, mounted.fileSystem);
  if (other) return other;
  const { canary } = mounted.fileSystem;
  if (canary === undefined) return verdict('noCanary', volumeId, `${volumeId} has no canary`);
  return ok(
    'state=verified',
    `volumeId=${volumeId}`,
    `canary=${canary}`,
    `files=${mounted.fileSystem.fileCount()}`,
    `unreadable=${mounted.fileSystem.hidden}`,
    'filesComplete=true',
  );
}

function serve(call: VerbCall): VerbResult {
  const { volume, volumeId, host, device, now } = call;
  host.frozen.delete(volumeId);
  const mounted = host.mounts.get(volumeId);
  if (!mounted) return fail('notMounted', `${volumeId} is not mounted`);
  if (mounted.dead) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  const other = foreign(call, volumeId, mounted.fileSystem);
  if (other) return other;
  mounted.fileSystem.writeCanary(now);
  host.links.set(volume, volumeId);
  if (host.software.applied !== undefined) host.web.add(volume);
  host.markers.set(volume, volumeId);
  host.taken.add(volumeId);
  mounted.fileSystem.sizeGiB = device?.sizeGiB ?? mounted.fileSystem.sizeGiB;
  return ok('state=serving', `serving=${volumeId}`, `canary=${now}`);
}

function grow({ volumeId, host, device }: VerbCall): VerbResult {
  const mounted = host.mounts.get(volumeId);
  if (!mounted) return fail('notMounted', `${volumeId} is not mounted`);
  if (mounted.dead || !device) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  mounted.fileSystem.sizeGiB = device.sizeGiB;
  return ok('state=grown', `volumeId=${volumeId}`);
}

function unlink(host: MemoryHost, volume: string, volumeId: string): void {
  if (host.markers.get(volume) === volumeId) host.markers.delete(volume);
  if (host.links.get(volume) === volumeId) host.links.delete(volume);
  if (!host.links.has(volume)) host.web.delete(volume);
}

/** The agent has done it; this says, as `host/journal.sh` does, what it answered. */
function drain({ volumeId, host, drained, term }: VerbCall): VerbResult {
  const mounted = host.mounts.get(volumeId);
  if (!mounted) return fail('notMounted', `${volumeId} is not mounted`);
  if (mounted.dead) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  if (drained !== undefined) host.taken.add(volumeId);
  return drained === undefined
    ? ok('state=none', 'number=0', 'files=0', 'missing=0', `volumeId=${volumeId}`)
    : drainedAnswer(drained, volumeId, term);
}

/** The agent begins once it is mounted. */
function follow(call: VerbCall): VerbResult {
  const { volume, volumeId, host, followed } = call;
  if (followed === undefined) return ok('state=none', `volumeId=${volumeId}`);
  if (host.markers.get(volume) === volumeId) return fail('busy', `${volumeId} is what this host is to serve`);
  if (host.taken.has(volumeId)) return fail('busy', `a takeover has begun on ${volumeId}: it is no spare any more`);
  if (host.left.has(volumeId)) return fail('interrupted', `${volumeId} was just released`);
  const mounted = mount(call);
  if (mounted.exitCode !== 0) return mounted;
  if (followed === MASKED) return fail('timeout', 'the agent cannot be started: the unit is masked');
  return ok(...(followed === '' ? [] : [followed]), 'state=following', `volumeId=${volumeId}`);
}

/** As the verb does: before the volume is unmounted. */
function release(call: VerbCall): VerbResult {
  const flushed = call.host.mounts.has(call.volumeId) ? call.flushed : undefined;
  const said = takeOut(call);
  return flushed === undefined ? said : { ...said, stdout: `flushed=${flushed}\n${said.stdout}` };
}

function takeOut({ volume, volumeId, host }: VerbCall): VerbResult {
  unlink(host, volume, volumeId);
  host.frozen.delete(volumeId);
  host.downloads.delete(volumeId);
  const mounted = host.mounts.get(volumeId);
  if (mounted && host.open.has(volumeId)) {
    host.left.add(volumeId);
    if (mounted.dead) return ok('state=fenced', `volumeId=${volumeId}`);
    return fail('busy', `umount: ${volumeId}: target is busy.`, 'held=other');
  }
  host.left.delete(volumeId);
  // Unmounting writes everything out, where that can still be done.
  if (mounted?.dead) mounted.fileSystem.loseUnsynced();
  else mounted?.fileSystem.unmount();
  host.mounts.delete(volumeId);
  return ok('state=released', `volumeId=${volumeId}`);
}

/**
 * It takes the volume out of service first, which needs no I/O to it. Then umount(2) finds it busy where a probe hangs on it, or
 * somebody has a file open; else it hangs itself.
 */
function releaseStalled(call: VerbCall): VerbResult {
  const { volume, volumeId, host } = call;
  if (!host.mounts.has(volumeId)) return release(call);
  unlink(host, volume, volumeId);
  host.left.add(volumeId);
  if (!host.hung.has(volumeId) && !host.open.has(volumeId) && !host.downloads.has(volumeId))
    return fail('timeout', 'no end: release hangs');
  const held = host.open.has(volumeId) ? 'other' : 'own';
  return fail('busy', `umount: ${volumeId}: target is busy.`, `held=${held}`);
}

function probe(call: VerbCall): VerbResult {
  const { volume, host, now } = call;
  const volumeId = host.links.get(volume);
  if (volumeId === undefined) return fail('notMounted', `${volume} is not served here`);
  const mounted = host.mounts.get(volumeId);
  const which = `volumeId=${volumeId}`;
  if (!mounted) return fail('notMounted', `${volumeId} is not mounted`, which);
  if (mounted.dead) return verdict('shutdown', volumeId, `${volumeId} is shut down`);
  const before = mounted.fileSystem.canary;
  if (before === undefined) return verdict('noCanary', volumeId, `${volumeId} has no canary`);
  if (isFrozen(host, volumeId, now)) return ok('state=serving', which, `canary=${before}`, 'frozen=true');
  const used = mounted.fileSystem.usedPercent();
  const said = ['state=serving', which, `canary=${before}`, `used=${used}`, `ms=${PROBE_MS}`];
  if (used >= 100) return ok(...said, 'full=true');
  mounted.fileSystem.writeCanary(now);
  return ok(...said);
}

function check(call: VerbCall): VerbResult {
  const { volume, volumeId, device, host } = call;
  if (host.markers.get(volume) === volumeId) return fail('busy', `${volumeId} is what this host is to serve`);
  if (host.mounts.has(volumeId)) return fail('busy', `${volumeId} is mounted`);
  if (!device) return fail('noDevice', `${volumeId} is not attached to this instance`);
  const { fileSystem } = device;
  if (device.lost || !fileSystem || fileSystem.damaged)
    return verdict('unmountable', volumeId, `mount: ${volumeId}: refused`);
  const other = foreign(call, volumeId, fileSystem);
  if (other) return other;
  if (fileSystem.latent.size > 0)
    return verdict('corrupt', volumeId, 'xfs_repair -n: free space records overlap blocks in use');
  if (fileSystem.canary === undefined) return verdict('noCanary', volumeId, `${volumeId} has no canary`);
  return checkContent(fileSystem, call, host.suspicions);
}

/** Asks the kernel, and no disk. */
function unused({ volume, volumeId, host }: VerbCall): VerbResult {
  if (host.markers.get(volume) === volumeId) return fail('busy', `${volumeId} is what this host is to serve`);
  if (host.links.get(volume) === volumeId) return fail('busy', `${volumeId} is served here`);
  if (host.mounts.has(volumeId)) return fail('busy', `${volumeId} is mounted`);
  return ok('state=unused', `volumeId=${volumeId}`);
}

/** As `check` does: of a copy that is nobody's. */
function bundleOf(call: VerbCall): VerbResult {
  const { volume, volumeId, device, host, env } = call;
  if (host.markers.get(volume) === volumeId) return fail('busy', `${volumeId} is what this host is to serve`);
  if (host.mounts.has(volumeId)) return fail('busy', `${volumeId} is mounted`);
  if (!device) return fail('noDevice', `${volumeId} is not attached to this instance`);
  const { fileSystem } = device;
  if (device.lost || !fileSystem || fileSystem.damaged)
    return verdict('unmountable', volumeId, `mount: ${volumeId}: refused`);
  return foreign(call, volumeId, fileSystem) ?? bundle(fileSystem, volumeId, env);
}

const VERBS: ReadonlyMap<string, { readonly needsId: boolean; readonly act: (call: VerbCall) => VerbResult }> = new Map(
  [
    ['format', { needsId: true, act: format }],
    ['mount', { needsId: true, act: mount }],
    ['verify', { needsId: true, act: verify }],
    ['serve', { needsId: true, act: serve }],
    ['release', { needsId: true, act: release }],
    ['grow', { needsId: true, act: grow }],
    ['drain', { needsId: true, act: drain }],
    ['follow', { needsId: true, act: follow }],
    ['probe', { needsId: false, act: probe }],
    ['check', { needsId: true, act: check }],
    ['bundle', { needsId: true, act: bundleOf }],
    ['unused', { needsId: true, act: unused }],
  ],
);

/** What a host finds at boot. */
function markedOn(
  host: MemoryHost,
  env: Readonly<Record<string, string>>,
  deviceOf: (volumeId: string) => MemoryVolume | undefined,
): Marked[] {
  return [...host.markers].sort().map(([volume, volumeId]) => {
    const call = {
      host,
      volume,
      volumeId,
      device: deviceOf(volumeId),
      now: env.REMOUNT_NOW ?? '',
      portion: 'all',
      late: 0,
      env,
    };
    const marked = {
      volume,
      volumeId,
      mounted: host.mounts.has(volumeId),
      linked: host.links.get(volume) === volumeId,
    };
    const unlink = () => host.links.delete(volume);
    return { ...marked, unlink, mount: () => mount(call), serve: () => serve(call) };
  });
}

/**
 * Plays the verb that `script` carries. An unknown script exits {@link UNKNOWN_VERB}; a missing or malformed parameter
 * `EXIT.usage`, as common.sh does.
 */
export function playVerb(
  script: string,
  env: Readonly<Record<string, string>>,
  host: MemoryHost,
  deviceOf: (volumeId: string) => MemoryVolume | undefined,
): VerbResult {
  const name = /^# remount-verb: ([a-z]+)$/m.exec(script)?.[1] ?? '';
  if (name === DLM_VERB)
    return dlm(host, env, env.REMOUNT_NOW ?? new Date().toISOString(), (id) => deviceOf(id)?.stalled === true);
  if (name === RESUME_VERB) return resume(host.id, env, host.software.ledger ? markedOn(host, env, deviceOf) : []);
  if (name === UPDATE_VERB) return update(host.software, env, env.REMOUNT_NOW ?? new Date().toISOString());
  const verb = VERBS.get(name);
  if (!verb) return { exitCode: UNKNOWN_VERB, stdout: '', stderr: 'memory disks have no model of this script\n' };
  const volume = env[`SSM_${VERB_PARAMETER.volume}`] ?? '';
  const volumeId = env[`SSM_${VERB_PARAMETER.volumeId}`] ?? '';
  if (!VOLUME_NAME.test(volume)) return fail('usage', `SSM_Volume is "${volume}"`);
  if (verb.needsId && !VOLUME_ID.test(volumeId)) return fail('usage', `SSM_VolumeId is "${volumeId}"`);
  const seed = env[`SSM_${VERB_PARAMETER.seed}`] ?? '';
  if (name === 'check' && !SEED.test(seed)) return fail('usage', `SSM_Seed is "${seed}"`);
  const portion = env[`SSM_${VERB_PARAMETER.portion}`] ?? 'all';
  const [part, of] = portion.split('/').map(Number);
  if (!PORTION.test(portion) || Number(part) >= Number(of)) return fail('usage', `SSM_Portion is "${portion}"`);
  const late = Number(env.REMOUNT_LATE_SECONDS ?? 600);
  const now = env.REMOUNT_NOW ?? new Date().toISOString();
  const term = env[`SSM_${VERB_PARAMETER.term}`] ?? '';
  if (name === 'drain' && !TERM.test(term)) return fail('usage', `SSM_Term is "${term}"`);
  const misused = name === 'bundle' ? misuse(env) : undefined;
  if (misused) return fail('usage', misused);
  const { [DRAINED_ENV]: drained, [FLUSHED_ENV]: flushed, [FOLLOWED_ENV]: followed } = env;
  const common = { host, volume, volumeId, device: deviceOf(volumeId), now, portion, late, env };
  if (name === 'unused' || !deviceOf(verb.needsId ? volumeId : (host.links.get(volume) ?? ''))?.stalled)
    return verb.act({ ...common, drained, flushed, followed, term });
  if (name === 'release') return releaseStalled({ ...common, device: undefined });
  if (name === 'probe') host.hung.add(host.links.get(volume) ?? '');
  return fail('timeout', `no end: ${name} hangs`);
}
