/** Processes of a host on real disks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TRIES = 2000;
const PAUSE_MS = 5;

/**
 * The first process of a host, in namespaces of the host's own: whatever is started there ends with it, and it ends with the pipe that this process
 * holds, however the rehearsal ends.
 */
export class HostInit {
  readonly #child: ChildProcess;

  /** @param namespaces options of unshare(1), beside that for processes */
  constructor(...namespaces: readonly string[]) {
    const script = 'while read -r _; do :; done';
    this.#child = spawn('unshare', ['--pid', ...namespaces, '--fork', 'bash', '-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#child.unref();
    const pipe: unknown = this.#child.stdin;
    if (pipe instanceof Object && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    waitFor('a namespace of its own', () => this.#pid() !== undefined);
  }

  /** For nsenter(1). */
  namespace(kind: string): string {
    return `/proc/${this.#child.pid}/ns/${kind}`;
  }

  /** All that run there, the first one too. */
  processes(): Process[] {
    const init = this.#pid();
    if (init === undefined) return [];
    const own = namespaceOf(init);
    return own === undefined ? [] : everyProcess().filter((p) => namespaceOf(p.pid) === own);
  }

  /** Every process is gone, as by a power cut. */
  end(): void {
    const init = this.#pid();
    if (init === undefined) return;
    const all = this.processes();
    process.kill(init, 'SIGKILL');
    waitFor('its processes to end', () => all.every(({ pid }) => !isAlive(`/proc/${pid}`)));
  }

  #pid(): number | undefined {
    const { pid } = this.#child;
    return pid === undefined ? undefined : everyProcess().find((p) => p.parent === pid)?.pid;
  }
}

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly title: string;
}

export function everyProcess(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!pid) return [];
    try {
      const parent = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      return [{ pid, parent, title: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** @param directory of the process in /proc */
export function isAlive(directory: string): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`${directory}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function waitFor(what: string, is: () => boolean): void {
  for (let tries = TRIES; !is(); tries--) {
    if (tries === 0) throw new Error(`real disks: waited in vain for ${what}`);
    pause(PAUSE_MS);
  }
}

/** Real time, in which this process does nothing. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
