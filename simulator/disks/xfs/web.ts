/**
 * The web servers of a host on real disks: the real nginx with the deployed configuration (`commands/nginx`), started by the deployed
 * units (`commands/systemctl`), in namespaces of the host's own: so port 80 is its own, where nobody else can come, and every process
 * of the host ends with its first one, however the rehearsal ends.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { webAnswer } from '../memory/web-answer.ts';
import { must } from '../shell.ts';
import { courseIds, readContent } from './content.ts';
import { linksOf, WEB_USER } from './host.ts';
import { bringNginx, type Nginx } from './nginx.ts';
import { HostInit, isAlive, waitFor } from './processes.ts';

/** Nobody waits for so long, whose server answers at all, however slow the machine. Seconds. */
const ANSWERS_WITHIN = 60;
/** One that is known to hang is not waited for. Seconds. */
const HANGS_WITHIN = 0.3;

/** The unit of the front, once the host's software is in force. */
const UNIT = 'etc/systemd/system/nginx.service';
const SYSTEMCTL = join(import.meta.dirname, 'commands/systemctl');
/** Directories that the packages make on a real host. */
const PACKAGE_DIRECTORIES = ['var/log/nginx', 'etc/nginx', 'run'];

export class HostWeb {
  private readonly root: string;
  private readonly nginx: Nginx;
  private readonly init: HostInit;
  private readonly stopped: number[] = [];

  constructor(root: string, nginx: Nginx) {
    this.root = root;
    this.nginx = nginx;
    for (const directory of PACKAGE_DIRECTORIES) mkdirSync(join(root, directory), { recursive: true });
    writeFileSync(join(root, 'etc/nginx/mime.types'), readFileSync(nginx.mimeTypes));
    this.init = new HostInit('--net');
  }

  /** What systemd starts at boot. */
  boot(): void {
    this.systemctl('start', 'nginx.service');
  }

  /** For scripts that run on the host: where its web servers are, see `commands/systemctl`. */
  get environment(): Record<string, string> {
    const { program } = this.nginx;
    return {
      REHEARSAL_NGINX: program,
      REHEARSAL_PID: this.init.namespace('pid_for_children'),
      REHEARSAL_NET: this.init.namespace('net'),
    };
  }

  /** Status of the answer to GET. @param hangs it is known that nothing comes @returns `undefined` when nothing came */
  status(path: string, hangs: boolean): number | undefined {
    const within = hangs ? HANGS_WITHIN : ANSWERS_WITHIN;
    const asked = spawnSync(
      'curl',
      [...this.curl(path), '--output', '/dev/null', '--write-out', '%{http_code}', '--max-time', String(within)],
      { encoding: 'utf8' },
    );
    const status = Number(asked.stdout);
    if (asked.status === 0) return status;
    if (!hangs) throw new Error(`the web server of ${this.root} does not answer: ${path}: ${asked.stderr}`);
    return undefined;
  }

  /** A client begins to download a file, and takes a thousand bytes a second: it is there until somebody ends it. */
  download(path: string): void {
    const before = this.open();
    const within = [`--pid=${this.init.namespace('pid_for_children')}`, '--', 'curl', ...this.curl(path)];
    const client = spawn('nsenter', [...within, '--fail', '--limit-rate', '1k', '--output', '/dev/null'], {
      stdio: 'ignore',
    });
    client.unref();
    waitFor(`the download of ${path}`, () => this.open() > before);
  }

  /** Files of content that the web servers are sending. */
  open(): number {
    const staging = `${this.root}/mnt/remount/`;
    const workers = this.init.processes().filter(({ title }) => title.startsWith('nginx: worker'));
    return workers.flatMap(({ pid }) => descriptors(pid).filter((path) => path.startsWith(staging))).length;
  }

  /**
   * The processes that would touch the volume cannot go on, as those whose I/O hangs: stopped, they answer nobody, and let go of nothing.
   * A loop device cannot be made to hang.
   */
  stall(volumeId: string, stalled: boolean): void {
    if (!stalled) this.wake();
    for (const link of linksOf(this.root).filter((l) => stalled && l.volumeId === volumeId))
      for (const pid of this.workers(link.volume)) {
        process.kill(pid, 'SIGSTOP');
        this.stopped.push(pid);
      }
  }

  /** The I/O goes on. Whose main process has been killed meanwhile was killed with it, and ends now. */
  private wake(): void {
    const all = this.init.processes();
    const stopped = all.filter(({ pid }) => this.stopped.includes(pid));
    this.stopped.length = 0;
    const orphans = stopped.filter(
      (p) => !all.some(({ pid, title }) => pid === p.parent && title.startsWith('nginx: master')),
    );
    for (const { pid } of orphans) process.kill(pid, 'SIGKILL');
    for (const { pid } of stopped) if (isAlive(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
    waitFor('killed workers to end', () => orphans.every(({ pid }) => !isAlive(`/proc/${pid}`)));
  }

  /** As `release` does where it can: its processes are asked to end, and those that hang do not. */
  stop(volume: string): void {
    this.systemctl('stop', `remount-web@${volume}.service`);
  }

  private workers(volume: string): number[] {
    const all = this.init.processes();
    const masters = all.filter(({ title }) => title.trim().endsWith(`run_remount-web_${volume}.conf`));
    return all.filter(({ parent }) => masters.some(({ pid }) => pid === parent)).map(({ pid }) => pid);
  }

  /** Every process of the host is gone, as by a power cut. */
  end(): void {
    this.init.end();
  }

  private systemctl(...words: readonly string[]): void {
    const env = { ...this.environment, REMOUNT_ROOT: this.root, REMOUNT_WEB_USER: WEB_USER };
    must('env', ...Object.entries(env).map(([key, value]) => `${key}=${value}`), SYSTEMCTL, ...words);
  }

  private curl(path: string): string[] {
    const socket = join(this.root, 'run/remount-web/_front.sock');
    return ['--silent', '--show-error', '--unix-socket', socket, `http://rehearsal${path}`];
  }
}

/** The web servers of all hosts. Where this machine has no nginx there are none, and `why` says so. */
export class HostWebs {
  private readonly running = new Map<string, HostWeb>();
  private nginx: Nginx | string | undefined;

  /** In a line, for the first lines of a rehearsal. */
  get note(): string {
    const nginx = this.found();
    return typeof nginx === 'string'
      ? `Web servers: a model; the real nginx is not used: ${nginx}`
      : 'Web servers: the real nginx with the deployed configuration, each host in namespaces of its own. What hangs is stopped (SIGSTOP).';
  }

  /**
   * Those of a host, started as at boot where its software has put them there.
   * @param soon its software is just being put there
   */
  of(root: string, soon = false): HostWeb | undefined {
    const before = this.running.get(root);
    if (before) return before;
    const there = existsSync(join(root, UNIT));
    if (!there && !soon) return undefined;
    const nginx = this.found();
    if (typeof nginx === 'string') return undefined;
    const web = new HostWeb(root, nginx);
    this.running.set(root, web);
    if (there) web.boot();
    return web;
  }

  /** @param hangs the I/O of what is asked for does */
  status(root: string, path: string, hangs: boolean): number | undefined {
    const web = this.of(root);
    return web ? web.status(path, hangs) : statusOnDisk(root, path, hangs);
  }

  /** @returns the volume that somebody downloads from now */
  download(root: string, path: string): string {
    this.of(root)?.download(path);
    return volumeOf(root, path) ?? '';
  }

  /** Nothing runs on the host any more. */
  end(root: string): void {
    this.running.get(root)?.end();
    this.running.delete(root);
  }

  private found(): Nginx | string {
    this.nginx ??= bringNginx();
    return this.nginx;
  }
}

/** The volume that a path of content, or of a health check, is answered from. */
export function volumeOf(root: string, path: string): string | undefined {
  return linksOf(root).find(({ volume }) => path.startsWith(`/${volume}/`) || path === `/healthz/${volume}`)?.volumeId;
}

/** What there would be to serve, where this machine has no nginx. @param hangs its I/O does */
function statusOnDisk(root: string, path: string, hangs: boolean): number | undefined {
  if (hangs) return undefined;
  return webAnswer(path, (volume) => {
    const content = join(root, 'srv/content', volume);
    if (!linksOf(root).some((link) => link.volume === volume)) return undefined;
    return { read: (file) => readContent(content, file), courseIds: () => courseIds(content) };
  });
}

/** Where the open files of a process are. */
function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // It has ended, or closed one, meanwhile.
    return [];
  }
}
