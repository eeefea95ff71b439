/**
 * The journal's writer as a host runs it, on real XFS, with the shell named by the argument: the archive unpacked, the verbs, the unit's own
 * command line with its capabilities alone, S3 over HTTP. systemd itself is a stand-in that notes what it is asked. Prints what came of it as JSON.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { agentFiles, softwareFiles } from '../../../lib/host-software.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';
import { keysOf, makeCourse } from '../../simulator/disks/support.ts';
import { disks, HOST, root, shell } from '../one-host.ts';

const ID = 'vol-0000000000000000a';
const answers: Record<string, unknown> = {};
const version = join(root, 'opt/remount/versions/a');
for (const { path, content } of [...softwareFiles('Remount/Test'), ...agentFiles()]) {
  mkdirSync(dirname(join(version, path)), { recursive: true });
  writeFileSync(join(version, path), content);
}
symlinkSync('versions/a', join(root, 'opt/remount/current'));

const commands = join(root, 'commands');
mkdirSync(commands);
const asked = join(commands, 'asked');
const command = (name: string, script: string): void =>
  writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
command('systemctl', `echo "$@" >>${asked}\ncase "$*" in *remount-journal*) [ ! -e ${commands}/refuses ] ;; esac`);
command(
  'curl',
  `case "$*" in *api/token) echo token ;; *instance-id) echo ${HOST} ;; *healthz*) printf '\\n200' ;; esac`,
);
for (const name of ['nginx', 'amazon-cloudwatch-agent-ctl']) command(name, 'exit 0');
const wasAsked = (): string[] => {
  const lines = existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : [];
  writeFileSync(asked, '');
  return lines.filter((line) => line.includes('remount-journal'));
};

const s3 = new HttpS3();
const endpoint = await s3.listen();
const statsd = createSocket('udp4');
const gauges: string[] = [];
statsd.on('message', (message) => gauges.push(`${message}`));
statsd.bind(0, '127.0.0.1');
await once(statsd, 'listening');

const env: NodeJS.ProcessEnv = {
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
async function run(...args: readonly string[]) {
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
const verb = (name: string) => run(join(version, `${name}.sh`));

/** As the unit has it: what it may, how it is started. */
const unit = readFileSync(join(version, 'etc/remount-journal@.service'), 'utf8');
const capabilities = (/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? '')
  .toLowerCase()
  .replaceAll('cap_', '+')
  .replaceAll(' ', ',');
function startUnit(): ChildProcess {
  const line =
    /^ExecStart=\/bin\/sh -c "(.*)"$/m.exec(unit)?.[1]?.replace('/opt', `${root}/opt`).replace('%i', 'alpha') ?? '';
  const bounded = [
    '--no-new-privs',
    '--bounding-set',
    `-all,${capabilities}`,
    shell,
    '-c',
    line.replace('/bin/sh', shell),
  ];
  return spawn('setpriv', bounded, { env, stdio: ['ignore', 'inherit', 'inherit'] });
}
const settings = join(root, 'var/lib/remount/journal', ID, 'settings.json');
const status = async () => run(join(root, 'usr/bin/remount-journal'), 'status', settings);
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600 && !(await is()); i++) await setTimeout(50);
}
/** Of process, and of all below it: bytes that are of no file. */
function memory(pid: number): number {
  const own = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + memory(Number(child)), Number(own) * 1024);
}

disks.createVolume(ID, 1);
disks.attach(ID, HOST);
for (const name of ['format', 'mount', 'serve']) await verb(name);
answers['without the software'] = wasAsked();
writeFileSync(join(root, 'opt/remount/journal'), 'eu-west-1 journals\n');
answers.applied = [(await run(join(version, 'apply.sh'), 'apply', 'none')).code, wasAsked()];
answers.served = [(await verb('serve')).state, wasAsked()];
writeFileSync(join(commands, 'refuses'), '');
const refused = await verb('serve');
answers['systemd refuses'] = [refused.code, refused.state, refused.journaled];
spawnSync('rm', [join(commands, 'refuses')]);
wasAsked();

const writer = startUnit();
await until(async () => existsSync(settings) && (await status()).state === 'running');
disks.upload(HOST, 'alpha', makeCourse('one'));
await until(async () => Number((await status()).number) >= 2 && (await status()).dirty === '0');
answers.journaled = [
  (await status()).trouble,
  [...s3.objects.keys()].some((key) => key.endsWith('journal/alpha/00000000000000000002')),
];
answers.settings = JSON.parse(readFileSync(settings, 'utf8')).term;
answers.memory = memory(writer.pid ?? 0);
await until(() => gauges.length > 0);
answers.gauge = gauges[0];
const ended = once(writer, 'close');
const released = await verb('release');
answers.released = [released.state, released.flushed, wasAsked()];
answers.ended = (await ended)[0];

// A takeover here: the copy is the volume itself, as its owner left it.
await verb('mount');
const drained = await verb('drain');
answers.drained = [drained.state, drained.number === drained.head, drained.missing];
await verb('serve');
wasAsked();
const next = startUnit();
await until(async () => (await status()).state === 'running' && (await status()).dirty === '0');
answers['the next owner'] = [JSON.parse(readFileSync(settings, 'utf8')).term, (await status()).trouble];
next.kill('SIGTERM');
answers.stopped = (await once(next, 'close'))[0];
await verb('release');
const again = startUnit();
answers['of a volume that it does not serve'] = (await once(again, 'close'))[0];
s3.close();
statsd.close();
console.log(JSON.stringify(answers));
process.exit(0);
