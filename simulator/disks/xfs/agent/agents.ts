/** The journal's agents of hosts on real disks: the very program of the host software, started by the deployed unit (`commands/journal-unit`). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UPDATE_PARAMETER, UPDATE_VERB } from '../../../../contract/contract.ts';
import type { HostRun } from '../../disks.ts';
import { AGENT_ENV } from '../../journal-answers.ts';
import type { AgentObject, RealAgents, S3Answers } from '../../journaled.ts';
import { must, tool } from '../../shell.ts';
import { linksOf, WEB_USER } from '../host.ts';
import { isMounted } from '../mounts.ts';
import { everyProcess, isAlive, pause, waitFor } from '../processes.ts';
import { Beside } from './beside.ts';
import { HostIntakes } from './intakes.ts';
import { said } from './said.ts';

const COMMANDS = join(import.meta.dirname, '../commands');
const PROGRAM = 'usr/bin/remount-journal';
const PROGRAM_FILE = 'agent/main.mjs';
/** In the environment of whatever a host's scripts start. */
const MARK = 'REHEARSAL_AGENTS';
/** And whose it is: the rehearsal's process. */
const OWNER = 'REHEARSAL_PROCESS';
const METADATA = 'x-amz-meta-';
/** On a host's root disk, by volume (host/journal.sh); in it what a segment is made in (`host/agent/cli/settings.ts`). */
const STATE = 'var/lib/remount/journal';
const SPOOL = 'spool';
const KERNEL = join(import.meta.dirname, '../../../../host/agent/kernel');
const PYTHON = '/usr/bin/python3';
const NO_NODE = '/nonexistent/node-24';
/** Of a machine that is loaded as no other. Milliseconds. */
const FLUSH_MS = 60_000;
/** What a follower says on a spare that the journal cannot be applied to any more (`host/agent/applier/follow.ts`). */
const UNFIT = 'another base is needed';
const LOOK_MS = 50;
/** Before it looks again for the first time; each time twice as long, up to `LOOK_MS`. */
const FIRST_LOOK_MS = 2;
/** Seconds: of verbs for the agent where S3 answers it, and where nothing can come of it. `host/journal.sh` has less, and here a whole test suite may run beside it. */
const GENEROUS = '120';
const SHORT = '6';
/** Nothing happens meanwhile in virtual time, and each batch of uploads waits for two looks. Milliseconds. */
const INTAKE_LOOK_MS = '100';
/** Discard: nobody listens on a rehearsal's host. */
const STATSD = '9';

export class HostAgents implements RealAgents {
  startable = true;
  readonly intakes: HostIntakes;
  readonly #rootOf: (instanceId: string) => string;
  readonly #roots = new Set<string>();
  readonly #frozen = new Set<string>();
  #started: Beside | undefined;
  #s3: S3Answers = 'held';

  constructor(rootOf: (instanceId: string) => string) {
    this.#rootOf = rootOf;
    this.intakes = new HostIntakes(rootOf, () => this.#beside);
  }

  /** Once a host has an agent. */
  get #beside(): Beside {
    if (this.#started) return this.#started;
    this.#started = new Beside();
    this.#started.state = this.#s3;
    return this.#started;
  }

  /** What a script on the host finds around it; nothing, where its software has no agent. */
  environment(root: string, { verb, env }: Pick<HostRun, 'verb' | 'env'>): Record<string, string> {
    const there = existsSync(join(root, PROGRAM));
    const soon = verb === UPDATE_VERB && env[`SSM_${UPDATE_PARAMETER.journal}`] !== undefined;
    if (!there && !soon) return {};
    this.#roots.add(root);
    const seconds = this.#s3 === 'answers' && !this.#frozen.has(root) ? GENEROUS : SHORT;
    return {
      ...(there && { [AGENT_ENV]: join(COMMANDS, 'remount-journal-within') }),
      [MARK]: root,
      [OWNER]: String(process.pid),
      REMOUNT_NODE: this.startable ? process.execPath : NO_NODE,
      REMOUNT_DRAIN_SECONDS: seconds,
      REMOUNT_FLUSH_SECONDS: seconds,
      REMOUNT_STATSD_PORT: STATSD,
      REMOUNT_INTAKE_LOOK_MS: INTAKE_LOOK_MS,
      // An address leads the SDK to paths in the place of host names.
      AWS_ENDPOINT_URL_S3: this.#beside.endpoint,
      AWS_ACCESS_KEY_ID: 'rehearsal',
      AWS_SECRET_ACCESS_KEY: 'rehearsal',
    };
  }

  s3(how: S3Answers): void {
    this.#s3 = how;
    if (this.#started) this.#started.state = how;
  }

  runs(instanceId: string, volumeId: string): boolean {
    const root = this.#rootOf(instanceId);
    if (!this.#roots.has(root) || !this.startable) return false;
    const volume = linksOf(root).find((link) => link.volumeId === volumeId && link.live)?.volume;
    return volume !== undefined && existsSync(join(root, `run/remount-journal@${volume}.pid.turn`));
  }

  flush(instanceId: string, volumeId: string): boolean {
    const root = this.#rootOf(instanceId);
    const socket = join(root, 'run/remount', `${volumeId}.journal`);
    const until = performance.now() + FLUSH_MS;
    while (this.runs(instanceId, volumeId)) {
      const line = JSON.stringify({ ask: 'flush', deadlineMs: FLUSH_MS });
      const answer = this.#beside.line(socket, line, 2 * FLUSH_MS);
      if (answer !== null && (JSON.parse(answer) as { readonly flushed?: boolean }).flushed) return true;
      if (performance.now() > until) {
        const status = this.#beside.line(socket, JSON.stringify({ ask: 'status' }), LOOK_MS * 100);
        throw new Error(`${instanceId} does not write the journal on ${volumeId}: ${answer} ${status} ${said(root)}`);
      }
      pause(LOOK_MS);
    }
    return false;
  }

  follows(instanceId: string, volumeId: string): boolean {
    const root = this.#rootOf(instanceId);
    return this.#roots.has(root) && this.startable && existsSync(join(root, `run/remount-spare@${volumeId}.pid.turn`));
  }

  catchUp(instanceId: string, volumeId: string): boolean {
    const from = Date.now();
    let lookMs = FIRST_LOOK_MS;
    const socket = join(this.#rootOf(instanceId), 'run/remount', `${volumeId}.journal`);
    while (this.follows(instanceId, volumeId)) {
      const answer = this.#beside.line(socket, JSON.stringify({ ask: 'status' }), FLUSH_MS);
      const { headAt, trouble } = (answer === null ? {} : JSON.parse(answer)) as Record<string, string | null>;
      // It looks whenever it is asked.
      if (Date.parse(headAt ?? '') >= from) return true;
      // Which it is until the next drill, however long it is waited for.
      if (trouble?.startsWith(UNFIT)) return false;
      const late = performance.timeOrigin + performance.now() - from > FLUSH_MS;
      if (late && typeof trouble === 'string') return false;
      if (late && Date.now() - from > 2 * FLUSH_MS)
        throw new Error(`${instanceId} does not follow on ${volumeId}: ${answer} ${said(this.#rootOf(instanceId))}`);
      pause(lookMs);
      lookMs = Math.min(LOOK_MS, 2 * lookMs);
    }
    return false;
  }

  unfollow(instanceId: string): void {
    const root = this.#rootOf(instanceId);
    if (this.#roots.has(root)) this.#systemctl(root, 'stop', 'remount-spare@*.service');
  }

  fillRoot(instanceId: string, full: boolean): void {
    const root = this.#rootOf(instanceId);
    const journals = join(root, STATE);
    for (const volumeId of existsSync(journals) ? readdirSync(journals) : []) {
      const spool = join(journals, volumeId, SPOOL);
      if (!existsSync(spool)) continue;
      if (full) must('mount', '-t', 'tmpfs', '-o', 'size=4k,nr_inodes=1', 'full', spool);
      else if (isMounted(spool)) must('umount', '--lazy', spool);
    }
    this.kill(instanceId);
  }

  freeze(instanceId: string, frozen: boolean): void {
    const root = this.#rootOf(instanceId);
    if (frozen === this.#frozen.has(root)) return;
    if (frozen) this.#frozen.add(root);
    else this.#frozen.delete(root);
    for (const { pid } of ofHost(root).filter(({ program }) => program)) signal(pid, frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  kill(instanceId: string): void {
    const root = this.#rootOf(instanceId);
    for (const { pid } of ofHost(root).filter(({ program }) => program)) signal(pid, 'SIGKILL');
  }

  forget(bucket: string, keys: readonly string[]): void {
    const paths = keys.map((key) => `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`);
    this.#started?.forget(paths);
  }

  written(): AgentObject[] {
    return (this.#started?.written() ?? []).map(({ path, bytes, metadata }) => {
      const [, bucket = '', ...key] = path.split('/');
      const named = Object.entries(metadata).map(([name, value]) => [name.slice(METADATA.length), value]);
      return { bucket, key: decodeURIComponent(key.join('/')), bytes, metadata: Object.fromEntries(named) };
    });
  }

  /** What has to be unmounted, which on a host is never so while it serves: its writer and its intake end before, and begin anew afterwards. */
  without<T>(root: string, volumeId: string, work: () => T): T {
    const volume = linksOf(root).find((link) => link.volumeId === volumeId)?.volume;
    if (volume === undefined || !this.#roots.has(root)) return work();
    const all = [`remount-journal@${volume}.service`, `remount-intake@${volume}.service`];
    const units = all.filter((unit) => existsSync(join(root, 'etc/systemd/system', unit.replace(/@.*\./, '@.'))));
    this.#systemctl(root, 'stop', ...units);
    const done = work();
    this.#systemctl(root, 'start', ...units);
    return done;
  }

  /** Nothing runs on the host any more, as by a power cut. */
  end(root: string): void {
    if (!this.#roots.delete(root)) return;
    const all = ofHost(root);
    // What starts others goes first.
    for (const { pid } of all) signal(pid, 'SIGKILL');
    waitFor('its agents to end', () => ofHost(root).length === 0 && all.every(({ pid }) => !isAlive(`/proc/${pid}`)));
    this.#frozen.delete(root);
  }

  close(): void {
    for (const root of [...this.#roots]) this.end(root);
    this.#started?.close();
  }

  #systemctl(root: string, ...words: readonly string[]): void {
    const path = { PATH: `${COMMANDS}:${process.env.PATH}` };
    const env = {
      ...path,
      ...this.environment(root, { verb: 'systemctl', env: {} }),
      REMOUNT_ROOT: root,
      REMOUNT_WEB_USER: WEB_USER,
    };
    must(
      'env',
      ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
      join(COMMANDS, 'journal-unit'),
      ...words,
    );
  }
}

/** What a host's scripts started about the journal, and all below it. `program`: the agent itself, and its helpers. */
function ofHost(root: string): { readonly pid: number; readonly program: boolean }[] {
  const all = everyProcess();
  const below = (pids: ReadonlySet<number>): Set<number> => {
    const more = all.filter(({ pid, parent }) => pids.has(parent) && !pids.has(pid));
    return more.length === 0 ? new Set(pids) : below(new Set([...pids, ...more.map(({ pid }) => pid)]));
  };
  const marked = all.filter(({ pid }) => isMarked(pid, root));
  const programs = below(new Set(marked.filter(({ title }) => title.includes(PROGRAM_FILE)).map(({ pid }) => pid)));
  return [...below(new Set(marked.map(({ pid }) => pid)))].map((pid) => ({ pid, program: programs.has(pid) }));
}

function isMarked(pid: number, root: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    // Another rehearsal beside this one has hosts of the same names, where its seed is the same.
    return [`${MARK}=${root}`, `${OWNER}=${process.pid}`].every((each) => environment.includes(each));
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Why the agent cannot run here; `undefined`: it can. Where it has no file system to watch it says so when it starts. */
export function obstacle(): string | undefined {
  if (Number(process.versions.node.split('.')[0]) < 24) return `Node ${process.versions.node} is older than 24`;
  const version = tool(PYTHON, '-c', 'import sys, ctypes; sys.exit(sys.version_info < (3, 9))');
  if (version.status !== 0) return `${PYTHON} is not there, or older than 3.9`;
  const asked = 'import linux, sys; sys.exit(linux.fanotify_group() < 0)';
  const { status, stderr } = tool('env', `PYTHONPATH=${KERNEL}`, PYTHON, '-B', '-c', asked);
  return status === 0 ? undefined : `this kernel has no fanotify with names: ${stderr.split('\n').at(-1)}`;
}
