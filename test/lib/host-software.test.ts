import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EXIT, METRIC } from '../../contract/contract.ts';
import { HostSoftware, softwareFiles } from '../../lib/host-software.ts';
import { archive } from '../../lib/internal/archive.ts';
import { PROBE_SECONDS } from '../../lib/internal/user-data.ts';
import { Ledger } from '../../lib/ledger.ts';
import { onlyOne, someStack, statementsOf } from './support.ts';

const NAME = 'Shop';
const NAMESPACE = 'Remount/Shop';
const stack = someStack();
const software = new HostSoftware(stack, 'Software', { stackName: NAME });
const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
software.grantFetch(role);
const template = Template.fromStack(stack);
const files = new Map(softwareFiles(NAMESPACE).map(({ path, content }) => [path, content]));
const file = (path: string): string => {
  const found = files.get(path);
  if (found === undefined) throw new Error(`no ${path}, only ${[...files.keys()].join(', ')}`);
  return found;
};

describe('the archive', () => {
  const path = join(Stage.of(stack)?.assetOutdir ?? '', `asset.remount-host-${software.version}.tar`);
  const tar = (...args: string[]) => spawnSync('tar', args, { encoding: 'utf8', input: readFileSync(path) }).stdout;

  test('is named by its own sha256', () => {
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(software.version);
  });

  test('is what tar unpacks to the files of host/, and nothing else', () => {
    expect(tar('-t').trim().split('\n').sort()).toEqual([...files.keys()].sort());
    for (const [name, content] of files) expect(tar('-xO', name)).toBe(content);
    expect([...files.keys()]).toEqual(expect.arrayContaining(['common.sh', 'update.sh', 'apply.sh', 'etc/nginx.conf']));
  });

  test('is the same wherever it is made, and another one for another namespace', () => {
    const again = (stackName: string) => new HostSoftware(new Stack(), 'Other', { stackName }).version;
    expect(again(NAME)).toBe(software.version);
    expect(again('Other')).not.toBe(software.version);
  });

  test('has files of any length, and refuses a path that it cannot hold', () => {
    const lengths = [0, 1, 511, 512, 513];
    const made = archive(lengths.map((n) => ({ path: `f${n}`, content: 'x'.repeat(n) })));
    const listed = spawnSync('tar', ['-tv'], { encoding: 'utf8', input: made });
    expect(listed.status).toBe(0);
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => Number(line.split(/\s+/)[2])),
    ).toEqual(lengths);
    expect(() => archive([{ path: 'x'.repeat(101), content: '' }])).toThrow(/no path/);
  });
});

test('an instance may fetch versions of the software, and nothing else of the bucket', () => {
  expect(statementsOf(template, /^Role/)).toMatchObject([
    {
      effect: 'Allow',
      actions: ['s3:GetObject'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is CloudFormation's.
      resources: ['arn:aws:s3:::cdk-hnb659fds-assets-${AWS::AccountId}-eu-west-1/remount-host-*'],
    },
  ]);
});

test('the document knows which version, and where: whoever sends it says nothing', () => {
  const { Content, UpdateMethod } = onlyOne(template, 'AWS::SSM::Document').Properties as {
    Content: { parameters: Record<string, { default: unknown; interpolationType: string }> };
    UpdateMethod: string;
  };
  expect(UpdateMethod).toBe('NewVersion');
  expect(Object.keys(Content.parameters)).toEqual(['Version', 'Bucket', 'Region']);
  expect(Content.parameters.Version?.default).toBe(software.version);
  for (const { interpolationType } of Object.values(Content.parameters)) expect(interpolationType).toBe('ENV_VAR');
});

test('what instances ask after a boot is handed over with it, and is no part of the version', () => {
  const other = someStack();
  const ledger = new Ledger(other, 'Ledger', { key: new Key(other, 'Key') });
  const asking = new HostSoftware(other, 'Software', { stackName: NAME, ledger });
  expect(asking.version).toBe(software.version);
  const { Content } = onlyOne(Template.fromStack(other), 'AWS::SSM::Document').Properties as {
    Content: { parameters: Record<string, { default: unknown; allowedPattern: string; interpolationType: string }> };
  };
  expect(Content.parameters.Ledger).toMatchObject({
    default: { Ref: expect.stringMatching(/^LedgerTable/) },
    interpolationType: 'ENV_VAR',
  });
});

test('systemd runs what a host does at boot, once, and waits for it as long as it takes', () => {
  const unit = file('etc/remount-resume.service');
  for (const line of [
    'Type=oneshot',
    'TimeoutStartSec=infinity',
    'WantedBy=multi-user.target',
    'After=network-online.target',
  ])
    expect(unit.split('\n')).toContain(line);
  expect(unit).toContain('exec /bin/sh ./resume.sh');
  // Enabled, and not started: the host is up already.
  expect(file('apply.sh')).toMatch(/systemctl enable "\$\{unit##\*\/\}" \|\|/);
});

describe('the web server', () => {
  const nginx = file('etc/nginx.conf');

  test('of a volume answers the health check from the volume itself, and nothing but that volume', () => {
    const web = file('etc/web.conf');
    expect(web).toMatch(/location = \/healthz\/VOLUME \{\s+alias \/srv\/content\/VOLUME\/\.remount\/canary;/);
    expect(web.match(/\blisten\b.*/g)).toEqual(['listen unix:/run/remount-web/VOLUME.sock;']);
    expect(web).toContain('disable_symlinks on from=/srv/content/VOLUME;');
    expect(web).toContain('absolute_redirect off;');
  });

  test('on port 80 touches no content: what hangs there hangs the web server of its volume alone', () => {
    expect(nginx.match(/\blisten\b.*/g)).toEqual([
      'listen 80 default_server;',
      'listen unix:/run/remount-web/_front.sock;',
    ]);
    expect(nginx).not.toMatch(/^\s*(root|alias)\b|srv\/content/m);
    expect(nginx.split('{').length).toBe(nginx.split('}').length);
  });

  test('keeps connections longer than the load balancer does', () => {
    expect(Number(nginx.match(/keepalive_timeout (\d+)s;/)?.[1])).toBeGreaterThan(60);
  });
});

describe('the probe', () => {
  test(`runs every ${PROBE_SECONDS} seconds, on the clock's mark`, () => {
    const timer = file('etc/remount-report.timer');
    expect(timer).toMatch(/^OnCalendar=\*:\*:0\/10$/m);
    expect(timer).toMatch(/^AccuracySec=100ms$/m);
    expect(PROBE_SECONDS).toBe(10);
  });
});

test.each(['report', 'index'])('%s enters its version by its true name, which no switch changes', (name) => {
  expect(file(`etc/remount-${name}.service`)).toContain(
    `ExecStart=/bin/sh -c "cd -P /opt/remount/current && exec /bin/sh ./${name}.sh"`,
  );
});

test('the indexer runs every few minutes, behind everybody else’s work', () => {
  expect(file('etc/remount-index.timer')).toMatch(/^OnUnitInactiveSec=5min$/m);
  expect(file('etc/remount-index.service')).toMatch(/^Nice=19$/m);
  expect(file('etc/remount-index.service')).toMatch(new RegExp(`^SuccessExitStatus=${EXIT.interrupted}$`, 'm'));
});

describe('the CloudWatch agent', () => {
  const config = JSON.parse(file('etc/amazon-cloudwatch-agent.json'));

  test('publishes by the logical volume alone, which is what the alarm watches', () => {
    expect(config.metrics.namespace).toBe(NAMESPACE);
    expect(config.metrics.aggregation_dimensions).toEqual([[METRIC.volumeDimension]]);
    expect(config.agent.omit_hostname).toBe(true);
  });

  test('takes what the probe sends, from this host only, and sends it on within the alarm’s period', () => {
    const { statsd } = config.metrics.metrics_collected;
    expect(statsd.service_address).toBe('127.0.0.1:8125');
    const waits = [
      statsd.metrics_collection_interval,
      statsd.metrics_aggregation_interval,
      config.metrics.force_flush_interval,
    ];
    expect(waits.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThan(PROBE_SECONDS / 2);
    // An aggregation of a minute or more would be stored by the minute.
    expect(statsd.metrics_aggregation_interval).toBeLessThan(60);
  });
});
