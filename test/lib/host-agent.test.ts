import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ContentJournal } from '../../lib/content-journal.ts';
import { agentFiles, HostSoftware } from '../../lib/host-software.ts';
import { contentUserData } from '../../lib/internal/user-data.ts';
import { onlyOne, ROOT, someStack, text } from './support.ts';

/** What instances fetch: the module, its helpers, and everything else. */
const MODULE_BYTES = 700_000;
const ARCHIVE_BYTES = 1_000_000;

function made(journaled = true, stack: Stack = someStack()) {
  const journal = journaled ? new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key') }) : undefined;
  return { stack, software: new HostSoftware(stack, 'Software', { stackName: 'Shop', ...(journal && { journal }) }) };
}
const { stack, software } = made();
const path = join(Stage.of(stack)?.assetOutdir ?? '', `asset.remount-host-${software.version}.tar`);
const folder = mkdtempSync(join(tmpdir(), 'host-agent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const version = join(folder, 'opt/remount/current');
mkdirSync(version, { recursive: true });
spawnSync('tar', ['-xf', path, '-C', version]);
const file = (name: string) => readFileSync(join(version, name), 'utf8');

describe('the archive of a stack with a journal', () => {
  test('has the agent, what it calls the kernel by, and what runs it', () => {
    const names = readdirSync(version, { recursive: true, encoding: 'utf8' });
    for (const { path } of agentFiles()) expect(names).toContain(path);
    const helpers = readdirSync(join(ROOT, 'host/agent/kernel')).filter((name) => name.endsWith('.py'));
    expect(readdirSync(join(version, 'agent')).sort()).toEqual(['main.mjs', ...helpers].sort());
  });

  test('is of no one kind of processor, and no one machine', () => {
    expect(made(true, new Stack()).software.version).toBe(software.version);
    const module = file('agent/main.mjs');
    // Node and what it has built in: no binary, nothing that is installed beside it.
    const imported = [...module.matchAll(/\bfrom"([^"]+)"/g)].map(([, name = '']) => name);
    expect(
      imported.filter((name) => !name.startsWith('node:')).filter((name) => !builtinModules.includes(name)),
    ).toEqual([]);
    expect(module).not.toContain(ROOT);
  });

  test('is small', () => {
    expect(Buffer.byteLength(file('agent/main.mjs'))).toBeLessThan(MODULE_BYTES);
    expect(readFileSync(path).length).toBeLessThan(ARCHIVE_BYTES);
  });

  test('is handed over with the bucket, which is no part of the version, and with Node', () => {
    const { Content } = onlyOne(Template.fromStack(stack), 'AWS::SSM::Document').Properties as {
      Content: { parameters: Record<string, { default: unknown; interpolationType: string }> };
    };
    expect(Content.parameters.Journal).toMatchObject({
      default: { Ref: expect.stringMatching(/^JournalBucket/) },
      interpolationType: 'ENV_VAR',
    });
    const script = text(stack.resolve(contentUserData(software).render()));
    expect(script).toMatch(/^export SSM_Journal=\$\{JournalBucket\w+\}$/m);
    expect(script).toMatch(/^until dnf install -y .* nodejs24; do sleep 10; done$/m);
  });
});

test('without a journal nothing of that is there', () => {
  const plain = made(false);
  const script = text(plain.stack.resolve(contentUserData(plain.software).render()));
  expect(script).not.toMatch(/nodejs|SSM_Journal/);
  const archive = join(Stage.of(plain.stack)?.assetOutdir ?? '', `asset.remount-host-${plain.software.version}.tar`);
  const listed = spawnSync('tar', ['-tf', archive], { encoding: 'utf8' }).stdout.trim().split('\n');
  const own = agentFiles().map(({ path }) => path);
  expect(listed.filter((name) => name.startsWith('agent/') || own.includes(name))).toEqual([]);
});

describe('the command remount-journal', () => {
  const run = (...args: readonly string[]) => {
    const env = { PATH: process.env.PATH, REMOUNT_ROOT: folder, REMOUNT_NODE: process.execPath };
    const { status, stdout, stderr } = spawnSync('sh', [join(version, 'etc/remount-journal'), ...args], {
      encoding: 'utf8',
      env,
    });
    return { status, stdout, stderr };
  };
  const settings = join(folder, 'settings.json');
  const good = {
    volume: 'alpha',
    bucket: 'journals',
    region: 'eu-west-1',
    mountPoint: '/mnt/remount/vol-0a',
    state: join(folder, 'state'),
    socket: join(folder, 'socket'),
    statsd: 8125,
  };

  test('runs the agent, whatever node is called elsewhere', () => {
    writeFileSync(settings, JSON.stringify(good));
    expect(run('status', settings)).toEqual({ status: 0, stdout: 'state=stopped\n', stderr: '' });
    expect(file('etc/remount-journal')).toContain(':-node-24}');
  });

  test('says what commands there are', () => {
    expect(run('--help')).toMatchObject({ status: 64, stderr: expect.stringContaining('write, follow, flush') });
  });

  test.each(Object.keys(good).filter((name) => name !== 'statsd'))('names the setting that is missing: %s', (name) => {
    writeFileSync(settings, JSON.stringify({ ...good, [name]: undefined }));
    expect(run('status', settings)).toMatchObject({ status: 64, stderr: expect.stringContaining(`${name}: `) });
  });

  test('names the setting that nobody knows, and the one that is wrong', () => {
    writeFileSync(settings, JSON.stringify({ ...good, prefix: 'x', statsd: 'x' }));
    const { status, stderr } = run('status', settings);
    expect([status, stderr.includes('prefix: no such setting'), stderr.includes('statsd: received "x"')]).toEqual([
      64,
      true,
      true,
    ]);
  });
});

const UNITS = [
  { name: 'remount-journal', runs: 'write.sh', instance: 'alpha', limited: ['/srv/content/%i 25M'], written: [] },
  {
    ...{ name: 'remount-spare', runs: 'spare.sh', instance: 'vol-0000000000000000a' },
    ...{ limited: ['/mnt/remount/%i 25M'], written: ['/mnt/remount/%i 25M'] },
  },
];

describe.each(UNITS)('the unit $name', ({ name, runs, instance, limited, written }) => {
  const unit = file(`etc/${name}@.service`);
  const value = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, found]) => found);
  const verifies = spawnSync('systemd-analyze', ['--version']).status === 0;

  (verifies ? test : test.skip)('is one, by systemd’s own word', () => {
    const copy = join(folder, `${name}@${instance}.service`);
    writeFileSync(copy, unit);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('enters its version by its true name, which no switch changes', () => {
    expect(value('ExecStart')).toEqual([`/bin/sh -c "cd -P /opt/remount/current && exec /bin/sh ./${runs} %i"`]);
  });

  test('is never in the way: little memory, processor and reading, and the first that is killed', () => {
    expect(value('MemoryMax')).toEqual(['160M']);
    expect(value('MemorySwapMax')).toEqual(['0']);
    expect(value('CPUQuota')).toEqual(['50%']);
    expect(value('IOReadBandwidthMax')).toEqual(limited);
    expect(value('IOWriteBandwidthMax')).toEqual(written);
    expect(Number(value('OOMScoreAdjust')[0])).toBeGreaterThan(500);
    expect(value('Type')).toEqual(['exec']);
    // Nothing starts it but verbs.
    expect(value('WantedBy')).toEqual([]);
  });

  test('is started again for ever, but not where a later owner has sealed', () => {
    expect(value('Restart')).toEqual(['on-failure']);
    expect(value('StartLimitIntervalSec')).toEqual(['0']);
    const ended = /ENDED_FOR_GOOD = (\d+)/.exec(readFileSync(join(ROOT, 'host/agent/cli/commands.ts'), 'utf8'))?.[1];
    expect(value('RestartPreventExitStatus')[0]?.split(' ').at(-1)).toBe(ended);
  });

  test('has no mount namespace of its own, in which what was unmounted would stay', () => {
    expect(unit).not.toMatch(
      /^(Protect(System|Home|Kernel\w+|Control\w+|Clock)|Private\w+|(ReadOnly|ReadWrite|Inaccessible|NoExec)\w*Paths|MountFlags|RootDirectory|BindPaths|TemporaryFileSystem|MemoryDenyWriteExecute)=/m,
    );
  });
});
