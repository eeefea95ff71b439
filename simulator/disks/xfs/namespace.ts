/**
 * A mount namespace of our own: what is mounted in it is seen by nobody else and is gone with the last process in it,
 * however that dies. The whole script is started again inside it, because a process cannot move its own threads.
 */
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** Holds the name of the namespace outside, so that a variable that strayed in by itself proves nothing. */
const OUTSIDE = 'REMOUNT_NAMESPACE_OUTSIDE';

/** Exit code of a shell's 128 + signal, for a script that a signal ended. */
const SIGNALLED = 128;

function namespaceName(): string {
  return readlinkSync('/proc/self/ns/mnt');
}

/** Whether this process already runs in a private mount namespace that {@link enterPrivateNamespace} made. */
export function inPrivateNamespace(): boolean {
  if (process.platform !== 'linux') return false;
  const outside = process.env[OUTSIDE];
  return outside !== undefined && outside !== namespaceName();
}

/** Why no private namespace can be had here, in one line; `undefined` when it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return `real disks need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'real disks need root: file systems are mounted';
  const tried = spawnSync('unshare', ['--mount', '--propagation', 'private', 'true'], { encoding: 'utf8' });
  if (tried.error) return `unshare(1) of util-linux cannot be run: ${tried.error.message}`;
  if (tried.status !== 0) return `no private mount namespace can be made here: ${tried.stderr.trim()}`;
  return undefined;
}

/**
 * Makes sure that the running script is in a private mount namespace. Call it first thing: where it is not, the script
 * is started again inside one, with the same arguments and terminal, and this call does not return.
 *
 * @returns `undefined` inside the namespace; otherwise why none can be had, and the script goes on where it is
 */
export function enterPrivateNamespace(): string | undefined {
  if (inPrivateNamespace()) return undefined;
  const reason = obstacle();
  if (reason !== undefined) return reason;

  const env = { ...process.env, [OUTSIDE]: namespaceName() };
  const command = [
    '--mount',
    '--propagation',
    'private',
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ];
  // In place of this process, so signals and the exit code need no passing on, and a kill leaves nobody behind.
  const unshare = spawnSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).stdout.trim();
  if (process.execve) process.execve(unshare, ['unshare', ...command], env);

  // An older Node has no execve: a child that dies with us.
  const child = spawnSync('setpriv', ['--pdeathsig', 'KILL', unshare, ...command], { env, stdio: 'inherit' });
  if (child.error) return `setpriv(1) of util-linux cannot be run: ${child.error.message}`;
  process.exit(child.status ?? SIGNALLED);
}
