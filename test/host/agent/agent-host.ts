/**
 * A host of a stack with a journal, on real XFS, with the shell named by the argument: the archive unpacked, the verbs, a unit's own command line with its
 * capabilities alone, S3 over HTTP. systemd itself is a stand-in that notes what it is asked.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { agentFiles, intakeFiles, softwareFiles } from '../../../lib/host-software.ts';
import { rulesOf } from '../../../lib/props/intake-rules.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';
import { keysOf } from '../../simulator/disks/support.ts';
import { HOST, root, shell } from '../one-host.ts';

export const ID = 'vol-0000000000000000a';
export const version = join(root, 'opt/remount/versions/a');
for (const { path, content } of [...softwareFiles('Remount/Test'), ...agentFiles()]) {
  mkdirSync(dirname(join(version, path)), { recursive: true });
  writeFileSync(join(version, path), content);
}
symlinkSync('versions/a', join(root, 'opt/remount/current'));
/** The version has an intake, too. */
export function bringIntake(): void {
  for (const { path, content } of intakeFiles(rulesOf())) writeFileSync(join(version, path), content);
}

export const commands = join(root, 'commands');
mkdirSync(commands);
const asked = join(commands, 'asked');
const command = (name: string, script: string): void =>
  writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
// What follows on a spare it stops as it would: `TimeoutStopSec` is 3.
command(
  'systemctl',
  `[ ! -L ${root}/srv/content/alpha ] || is=' (served)'
  echo "$@$is" >>${asked}
  for unit in "$@"; do :; done
  main=$(cat "${commands}/$unit.pid" 2>/dev/null)
  case "$*" in
    "stop remount-spare"*)
      [ -z "$main" ] || kill "$main" 2>/dev/null
      tries=60
      while [ -n "$main" ] && kill -0 "$main" 2>/dev/null && [ "$tries" -gt 0 ]; do tries=$((tries - 1)); sleep 0.05; done
      [ -z "$main" ] || kill -s KILL "$main" 2>/dev/null || : ;;
    "kill -s KILL remount-spare"*) [ -z "$main" ] || kill -s KILL "$main" 2>/dev/null ;;
    *remount-journal* | *remount-intake*) [ ! -e ${commands}/refuses ] ;;
  esac`,
);
command(
  'curl',
  `case "$*" in *api/token) echo token ;; *instance-id) echo ${HOST} ;; *healthz*) printf '\\n200' ;; esac`,
);
for (const name of ['nginx', 'amazon-cloudwatch-agent-ctl']) command(name, 'exit 0');
export const wasAsked = (): string[] => {
  const lines = existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : [];
  writeFileSync(asked, '');
  return lines.filter((line) => /remount-(journal|spare|intake)/.test(line));
};

export const s3 = new HttpS3();
const endpoint = await s3.listen();
const statsd = createSocket('udp4');
export const gauges: string[] = [];
statsd.on('message', (message) => gauges.push(`${message}`));
statsd.bind(0, '127.0.0.1');
await once(statsd, 'listening');

export const env: NodeJS.ProcessEnv = {
  PATH: `${commands}:${join(root, 'usr/bin')}:${process.env.PATH}`,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  REMOUNT_NODE: process.execPath,
  REMOUNT_STATSD_PORT: `${(statsd.address() as AddressInfo).port}`,
  REMOUNT_DEADLINE: '600',
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  SSM_Volume: 'alpha',
  SSM_VolumeId: ID,
  SSM_Term: '2',
  SSM_Bucket: 'journals',
  SSM_Region: 'eu-west-1',
};
/** Beside this process, which is S3. */
export async function run(...args: readonly string[]) {
  const child = spawn(shell, args, { env, cwd: version, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, complaint] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, complaint, ...keysOf(out) } as Record<string, unknown>;
}
export const verb = (name: string, more: Readonly<Record<string, string>> = {}) => {
  Object.assign(env, { SSM_Volume: 'alpha', SSM_VolumeId: ID, ...more });
  return run(join(version, `${name}.sh`));
};

/** As the unit has it: what it may, how it is started. */
export function startUnit(name = 'remount-journal', instance = 'alpha'): ChildProcess {
  const unit = readFileSync(join(version, `etc/${name}@.service`), 'utf8');
  const capabilities = (/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? '')
    .toLowerCase()
    .replaceAll('cap_', '+')
    .replaceAll(' ', ',');
  const line =
    /^ExecStart=\/bin\/sh -c "(.*)"$/m.exec(unit)?.[1]?.replace('/opt', `${root}/opt`).replace('%i', instance) ?? '';
  const bounded = [
    '--no-new-privs',
    '--bounding-set',
    `-all,${capabilities}`,
    shell,
    '-c',
    line.replace('/bin/sh', shell),
  ];
  const child = spawn('setpriv', bounded, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(join(commands, `${name}@${instance}.service.pid`), `${child.pid}\n`);
  child.once('close', () => rmSync(join(commands, `${name}@${instance}.service.pid`), { force: true }));
  return child;
}
export const settingsOf = (id: string) => join(root, 'var/lib/remount/journal', id, 'settings.json');
export const settings = settingsOf(ID);
export const status = async (of = settings) => run(join(root, 'usr/bin/remount-journal'), 'status', of);
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2400 && !(await is()); i++) await setTimeout(50);
}
/** Of process, and of all below it: bytes that are of no file. */
export function memory(pid: number): number {
  const own = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + memory(Number(child)), Number(own) * 1024);
}

/** Prints what came of it, and ends. */
export function end(answers: Readonly<Record<string, unknown>>): never {
  s3.close();
  statsd.close();
  console.log(JSON.stringify(answers));
  process.exit(0);
}
