/** Whether this machine can do real XFS, and the little that may be done about it. */
import { existsSync, readdirSync, readFileSync, realpathSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DisksUnavailable } from './disks.ts';
import { hasTool, tool } from './shell.ts';
import { inPrivateNamespace } from './xfs/namespace.ts';

/** By the package that has them. The check reads attributes with `getfattr`, and says that it did not where that is missing. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  xfsprogs: ['mkfs.xfs', 'xfs_db', 'xfs_repair', 'xfs_io'],
  attr: ['getfattr'],
};
const UTIL_LINUX_TOOLS = ['losetup', 'mount', 'umount', 'blkid', 'wipefs', 'setpriv', 'dmesg'];

/** Room that a rehearsal takes at most, with a margin. Bytes. */
const NEEDED_BYTES = 2 ** 30;

/** Standing directories that may disappear behind a tmpfs in our own namespace. */
const BASE_CANDIDATES = ['/mnt', '/media', '/srv', '/opt', '/home'];

function supportsXfs(): boolean {
  return /\bxfs$/m.test(readFileSync('/proc/filesystems', 'utf8'));
}

/** Debian and its kin, as root: with one line on stderr that says so. */
function install(packages: readonly string[]): void {
  const names = packages.join(' and ');
  process.stderr.write(`Installing ${names} (apt-get): the rehearsal makes real XFS file systems.\n`);
  const script = 'export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -q -y "$@"';
  const { status, stderr } = tool('sh', '-c', script, 'sh', ...packages);
  if (status !== 0) {
    throw new DisksUnavailable(`there is no ${names}, and apt-get could not install it: ${stderr.split('\n')[0]}`);
  }
}

/**
 * Checks all that real disks need, and installs what is missing where that is simple.
 * @throws DisksUnavailable with one line on what is missing
 */
export function requireXfs(): void {
  if (process.platform !== 'linux') throw new DisksUnavailable(`real disks need Linux, this is ${process.platform}`);
  if (process.getuid?.() !== 0) throw new DisksUnavailable('real disks need root: file systems are mounted');
  if (!inPrivateNamespace()) {
    throw new DisksUnavailable('not in a private mount namespace: call enterPrivateNamespace() first, as main.ts does');
  }
  const missing = UTIL_LINUX_TOOLS.filter((name) => !hasTool(name));
  if (missing.length > 0) throw new DisksUnavailable(`util-linux is incomplete: no ${missing.join(', ')}`);
  if (!existsSync('/dev/loop-control')) {
    throw new DisksUnavailable('no loop devices: /dev/loop-control is missing (in a container: run it privileged)');
  }
  if (!supportsXfs() && hasTool('modprobe')) tool('modprobe', 'xfs');
  if (!supportsXfs()) throw new DisksUnavailable('this kernel has no XFS (it is not in /proc/filesystems)');
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < NEEDED_BYTES) {
    const has = Math.floor((bavail * bsize) / 2 ** 20);
    throw new DisksUnavailable(`${tmpdir()} (TMPDIR) has ${has} MiB free, ${NEEDED_BYTES / 2 ** 20} are needed`);
  }
  const packages = Object.keys(TOOLS).filter((name) => !TOOLS[name]?.every(hasTool));
  if (packages.length === 0) return;
  if (!existsSync('/etc/debian_version') || !hasTool('apt-get')) {
    const names = packages.join(' ');
    throw new DisksUnavailable(`not installed: ${names} (dnf install ${names}, or your system’s equivalent)`);
  }
  install(packages);
}

/**
 * A directory to build on. It stands already, so nothing is left on the machine's own disk; and nothing that this
 * process still reads lies below it.
 */
export function baseDirectory(): string {
  const inUse = [process.cwd(), process.execPath, import.meta.dirname, tmpdir(), process.argv[1] ?? '/'].map((path) =>
    existsSync(path) ? realpathSync(path) : path,
  );
  const base = BASE_CANDIDATES.find((directory) => {
    if (!existsSync(directory) || realpathSync(directory) !== directory) return false;
    return !inUse.some((path) => path === directory || path.startsWith(`${directory}/`));
  });
  if (base === undefined) {
    throw new DisksUnavailable(`none of ${BASE_CANDIDATES.join(', ')} is free to mount on in a private namespace`);
  }
  return base;
}

/** Seconds since boot, the clock of the kernel's log. */
export function uptimeSeconds(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
}

/** Lines of the kernel's log since `uptime` about XFS on these devices; none where the log may not be read. */
export function xfsLog(sinceUptime: number, devices: ReadonlySet<string>): string[] {
  const { status, stdout } = tool('dmesg');
  if (status !== 0) return [];
  return stdout.split('\n').filter((line) => {
    const at = Number.parseFloat(/^\[\s*([\d.]+)\]/.exec(line)?.[1] ?? '-1');
    const device = /XFS \((\w+)\)/.exec(line)?.[1];
    return at >= sinceUptime && device !== undefined && devices.has(device);
  });
}

/** Names of the loop devices that are bound to a file: for tests that look for leftovers. */
export function boundLoopDevices(): string[] {
  return readdirSync('/sys/block').filter((name) => existsSync(`/sys/block/${name}/loop/backing_file`));
}
