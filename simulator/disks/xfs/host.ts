/** What a real host is below its root directory: device links, mounts, markers, and the scripts that run there. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { DLM_PARAMETER, DLM_VERB, EXIT, VERB_PARAMETER } from '../../../contract/contract.ts';
import { DISK_ERROR, DiskError, type HostResult, type HostRun, KILLED, type ServedLink } from '../disks.ts';
import { hostScript } from '../host-script.ts';
import { tool } from '../shell.ts';
import { isShutDown } from './content.ts';
import { endWatchdogs } from './freeze.ts';
import { cutOff, isMounted, mountPoints, unmount } from './mounts.ts';

/** Stands for nginx; every Linux has it. */
export const WEB_USER = 'nobody';
/** Real seconds. */
const SWEEPS_WITHIN = 60;
const CONTENT = 'srv/content';
const MARKERS = 'var/lib/remount/serving';

/** Stand-ins for what a host has and this machine has not: the AWS CLI, and what would start services. */
const COMMANDS = join(import.meta.dirname, 'commands');

/** Length of a serial number. Source: NVM Express Base Specification, Identify Controller data structure. */
const SERIAL_BYTES = 20;

/** Directories that stand on every real host. */
export const HOST_DIRECTORIES = ['dev/disk/by-id', 'mnt', 'run', 'srv', 'var/lib'];

export function deviceLink(root: string, volumeId: string): string {
  return join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`);
}

/**
 * The device of a volume appears: its node, udev's link to it, and what a kernel says in sysfs of an NVMe device: the serial number,
 * padded as in the controller's own answer, and the counters, which are the loop device's.
 */
export function plugIn(root: string, volumeId: string, path: string): void {
  const name = basename(path);
  const sysfs = join(root, 'sys/block', name);
  mkdirSync(join(sysfs, 'device'), { recursive: true, mode: 0o755 });
  writeFileSync(join(sysfs, 'device/serial'), `${volumeId.replace('-', '').padEnd(SERIAL_BYTES)}\n`);
  symlinkSync(`/sys/block/${name}/stat`, join(sysfs, 'stat'));
  symlinkSync(path, join(root, 'dev', name));
  symlinkSync(path, deviceLink(root, volumeId));
}

/** The volume's link leads to another device. */
export function mislead(root: string, volumeId: string, path: string): void {
  rmSync(deviceLink(root, volumeId), { force: true });
  symlinkSync(path, deviceLink(root, volumeId));
}

export function unplug(root: string, volumeId: string, path: string): void {
  rmSync(deviceLink(root, volumeId), { force: true });
  rmSync(join(root, 'dev', basename(path)));
  rmSync(join(root, 'sys/block', basename(path)), { recursive: true });
}

export function stagingOf(root: string, volumeId: string): string {
  return join(root, 'mnt/remount', volumeId);
}

/** Takes all mounts of a host away, and all of /run, as a power cut does. @param orderly what can be written is written before */
export function cutPower(root: string, orderly = false): void {
  // All cut off before any is unmounted: unmounting would write out what a power cut loses.
  const mounts = mountPoints().filter((directory) => directory.startsWith(`${root}/`));
  endWatchdogs(root);
  // One that is still frozen cannot be written to.
  for (const directory of mounts) if (orderly) tool('fsfreeze', '--unfreeze', directory);
  for (const directory of mounts) if (!orderly) cutOff(directory);
  for (const directory of mounts.reverse()) unmount(directory);
  rmSync(join(root, 'run'), { recursive: true, force: true });
  mkdirSync(join(root, 'run'), { mode: 0o755 });
}

export function markersOf(root: string): string[] {
  return names(join(root, MARKERS)).sort();
}

/** The version of the host software that its link leads to. */
export function softwareOf(root: string): string | undefined {
  const link = join(root, 'opt/remount/current');
  return existsLink(link) ? basename(readlinkSync(link)) : undefined;
}

export function linksOf(root: string): ServedLink[] {
  return names(join(root, CONTENT)).map((volume) => {
    const target = readlinkSync(join(root, CONTENT, volume));
    const live = isMounted(target) && !isShutDown(target);
    return { volume, volumeId: idOf(target), live };
  });
}

/** Directory entries, but for those that a verb is just about to rename. */
function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => !name.includes('.new.')) : [];
}

/**
 * The mounted root behind `/srv/content/<volume>`.
 * @throws DiskError ENOENT
 */
export function servedRoot(root: string, instanceId: string, volume: string): { root: string; volumeId: string } {
  const link = join(root, CONTENT, volume);
  let target: string;
  try {
    target = readlinkSync(link);
  } catch (cause) {
    throw new DiskError(DISK_ERROR.missing, `${instanceId} does not serve ${volume}`, { cause });
  }
  if (!isMounted(target))
    throw new DiskError(DISK_ERROR.missing, `${instanceId} does not serve ${volume}: not mounted`);
  return { root: target, volumeId: idOf(target) };
}

function idOf(staging: string): string {
  return staging.slice(staging.lastIndexOf('/') + 1);
}

/** Runs a script as root on the host. */
export function runScript(root: string, run: HostRun, more: Readonly<Record<string, string>> = {}): HostResult {
  const start = performance.now();
  const result = spawnSync('sh', ['-c', run.script], {
    encoding: 'utf8',
    env: {
      PATH: `${COMMANDS}:${process.env.PATH}`,
      // Seconds on a host that has nothing else to do; here a whole test suite may run beside it.
      REMOUNT_DEADLINE: String(run.timeoutSeconds),
      ...run.env,
      ...more,
      REMOUNT_ROOT: root,
      REMOUNT_WEB_USER: WEB_USER,
      // A device link appears here at once or not at all.
      REMOUNT_DEVICE_WAIT: '0',
      // Everything here is uploaded in the last moment, and synced.
      REMOUNT_SETTLE_SECONDS: '0',
    },
    timeout: run.timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  if (result.error && result.status !== null) throw result.error;
  const { stdout, stderr } = result;
  return { exitCode: result.status ?? KILLED, stdout, stderr, realMs: performance.now() - start };
}

/**
 * A loop device cannot be made to hang, so what a verb does on a stalled volume is modelled, as memory disks do: it ends by
 * its own deadline. `release` takes the volume out of service first, which needs no I/O to it.
 * @returns `undefined` where the script touches no stalled volume: it is run
 */
export function answerOfStalled(
  root: string,
  run: HostRun,
  volumeOf: (volumeId: string) => Stalling | undefined,
): HostResult | undefined {
  const stalled = (volumeId: string) => volumeOf(volumeId)?.stalled === true;
  const hangs: HostResult = {
    exitCode: EXIT.timeout,
    stdout: 'state=timeout\n',
    stderr: `remount: no end: ${run.verb} hangs\n`,
    realMs: 0,
  };
  if (run.verb === DLM_VERB) {
    const freezes = run.env[`SSM_${DLM_PARAMETER.command}`] === 'pre-script';
    return freezes && markersOf(root).some((volume) => stalled(markedIn(root, volume))) ? hangs : undefined;
  }
  const volume = run.env[`SSM_${VERB_PARAMETER.volume}`] ?? '';
  const given = run.env[`SSM_${VERB_PARAMETER.volumeId}`];
  const link = join(root, CONTENT, volume);
  const linked = existsLink(link) ? idOf(readlinkSync(link)) : '';
  const volumeId = given ?? linked;
  const found = volumeOf(volumeId);
  // What asks the kernel alone is answered whatever hangs.
  if (volume === '' || !found?.stalled || run.verb === 'unused') return undefined;
  if (run.verb === 'probe') found.probed = true;
  if (run.verb !== 'release') return hangs;
  if (!isMounted(stagingOf(root, volumeId))) return undefined;
  const marker = join(root, MARKERS, volume);
  if (existsSync(marker) && markedIn(root, volume) === volumeId) rmSync(marker);
  if (linked === volumeId) rmSync(link);
  found.left = true;
  if (!found.probed && !found.downloaded && found.descriptor === undefined) return hangs;
  const held = found.descriptor === undefined ? 'own' : 'other';
  const stdout = `held=${held}\nstate=busy\n`;
  return { exitCode: EXIT.busy, stdout, stderr: 'remount: umount: target is busy.\n', realMs: 0 };
}

/** A volume whose I/O may hang. */
export interface Stalling {
  readonly stalled: boolean;
  /** A probe hangs on it. */
  probed: boolean;
  /** Its web server sends files of it. */
  readonly downloaded: boolean;
  /** It was released meanwhile. */
  left: boolean;
  /** Somebody has a file open on it. */
  readonly descriptor: number | undefined;
}

/** Puts it on the list of `host/leave.sh`, as a release that was answered here would have. */
export function leave(root: string, volumeId: string): void {
  mkdirSync(join(root, 'run/remount'), { recursive: true });
  writeFileSync(join(root, 'run/remount', `${volumeId}.leaving`), `${stagingOf(root, volumeId)}\n`);
}

/** What is on the list of `host/leave.sh` is looked at as the timer of the probe does. */
export function sweepLeft(root: string): void {
  const run = join(root, 'run/remount');
  if (!existsSync(run) || !readdirSync(run).some((name) => name.endsWith('.leaving'))) return;
  const script = ['common', 'leave'].map(hostScript).join('\n');
  runScript(root, { verb: 'sweep', script: `${script}\nsweep_left\nwait\n`, env: {}, timeoutSeconds: SWEEPS_WITHIN });
}

/** The volume that the marker of a content volume names. */
function markedIn(root: string, volume: string): string {
  return readFileSync(join(root, MARKERS, volume), 'utf8').trim();
}

/** Whether the link is there, wherever it leads: its target may not answer. */
function existsLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
