import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EXIT, METRIC, metricNamespace } from '../../lib/contract.ts';
import { contentUserData, PROBE_SECONDS, USER_DATA_BYTES } from '../../lib/user-data.ts';

/** The longest name that a stack may have makes the largest script. */
const NAMESPACE = metricNamespace('S'.repeat(51));
const script = contentUserData(NAMESPACE).render();
const files = new Map(
  [...script.matchAll(/^cat > (\S+) <<'REMOUNT'\n([\s\S]*?)\nREMOUNT$/gm)].map(([, path = '', text = '']) => [
    path,
    text,
  ]),
);
const file = (path: string): string => {
  const found = files.get(path);
  if (found === undefined) throw new Error(`user data writes no ${path}, only ${[...files.keys()].join(', ')}`);
  return found;
};

/** What the shell says of a script; throws when it cannot be parsed. */
function parse(shell: string, text: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'user-data-'));
  try {
    writeFileSync(join(directory, 'script'), text);
    execFileSync(shell, ['-n', join(directory, 'script')], { stdio: 'pipe' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the script', () => {
  test(`fits into the ${USER_DATA_BYTES} bytes that EC2 takes`, () => {
    expect(Buffer.byteLength(script)).toBeLessThan(USER_DATA_BYTES);
  });

  test('can be parsed, and so can what it writes', () => {
    parse('bash', script);
    for (const name of ['common.sh', 'probe.sh', 'report.sh', 'index.sh']) parse('sh', file(`/opt/remount/${name}`));
  });

  test('stops at the first command that fails, and tries again where packages are not there yet', () => {
    expect(script).toMatch(/^set -eu$/m);
    expect(script).toMatch(/^until dnf install -y nginx amazon-cloudwatch-agent xfsprogs; do .*sleep 10; done$/m);
  });

  test('starts the web server, the timer and the agent, once their files are written', () => {
    const started = script.indexOf('systemctl enable --now nginx remount-report.timer remount-index.timer');
    expect(started).toBeGreaterThan(script.lastIndexOf('\nREMOUNT'));
    expect(script.indexOf('amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c')).toBeGreaterThan(started);
  });
});

describe('the web server', () => {
  const nginx = file('/etc/nginx/nginx.conf');

  test('answers the health check from the volume itself', () => {
    expect(nginx).toContain('location ~ ^/healthz/([a-z0-9-]+)$ { alias /srv/content/$1/.remount/canary;');
  });

  test('is the only server, serves /srv/content, and keeps its own files to itself', () => {
    expect(nginx.match(/\blisten\b.*/g)).toEqual(['listen 80 default_server;']);
    expect(nginx).toContain('root /srv/content;');
    expect(nginx).toContain('location ~ /\\.remount(/|$) { return 404; }');
    expect(nginx.split('{').length).toBe(nginx.split('}').length);
  });

  test('keeps connections longer than the load balancer does', () => {
    expect(Number(nginx.match(/keepalive_timeout (\d+)s;/)?.[1])).toBeGreaterThan(60);
  });
});

describe('the probe', () => {
  test(`runs every ${PROBE_SECONDS} seconds, on the clock's mark`, () => {
    const timer = file('/etc/systemd/system/remount-report.timer');
    expect(timer).toMatch(/^OnCalendar=\*:\*:0\/10$/m);
    expect(timer).toMatch(/^AccuracySec=100ms$/m);
    expect(PROBE_SECONDS).toBe(10);
    expect(file('/etc/systemd/system/remount-report.service')).toMatch(
      /^ExecStart=\/bin\/sh \/opt\/remount\/report\.sh$/m,
    );
  });

  test('does what the verb of the repository does, without its comments', () => {
    expect(file('/opt/remount/probe.sh')).toMatch(/^#!\/bin\/sh\n# remount-verb: probe\n/);
    expect(file('/opt/remount/probe.sh')).toContain('. "$(dirname "$0")/common.sh"');
    expect(
      file('/opt/remount/common.sh')
        .split('\n')
        .filter((line) => /^\s*#(?!!)/.test(line)),
    ).toEqual([]);
  });
});

test('the indexer runs every few minutes, behind everybody else’s work', () => {
  expect(file('/etc/systemd/system/remount-index.timer')).toMatch(/^OnUnitInactiveSec=5min$/m);
  const service = file('/etc/systemd/system/remount-index.service');
  expect(service).toMatch(/^ExecStart=\/bin\/sh \/opt\/remount\/index\.sh$/m);
  expect(service).toMatch(/^Nice=19$/m);
  expect(service).toMatch(new RegExp(`^SuccessExitStatus=${EXIT.interrupted}$`, 'm'));
});

describe('the CloudWatch agent', () => {
  const config = JSON.parse(file('/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json'));

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
