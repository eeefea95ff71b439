import { UserData } from 'aws-cdk-lib/aws-ec2';
import { METRIC } from './contract.ts';
import { hostFile } from './host-documents.ts';

/** Seconds between two probes of a volume on its owner. */
export const PROBE_SECONDS = 10;
/** EC2 takes at most this much, before encoding. Source: EC2 User Guide, "Run commands when you launch an EC2 instance". */
export const USER_DATA_BYTES = 16_384;

/** What sets an instance up: packages, the web server, the probe with its timer, and the CloudWatch agent. */
export function contentUserData(namespace: string): UserData {
  const userData = UserData.forLinux();
  userData.addCommands(
    'set -eu',
    'dnf install -y nginx amazon-cloudwatch-agent xfsprogs',
    'install -d -m 0755 /srv/content /opt/remount /var/lib/remount/serving',
    file('/etc/nginx/conf.d/remount.conf', NGINX),
    // The package's own server on port 80 must go, or it answers instead.
    "sed -i '/^    server {/,/^    }/d' /etc/nginx/nginx.conf",
    ...['common.sh', 'probe.sh', 'report.sh'].map((name) => file(`/opt/remount/${name}`, strip(hostFile(name)))),
    file('/etc/systemd/system/remount-report.service', SERVICE),
    file('/etc/systemd/system/remount-report.timer', TIMER),
    file(
      '/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json',
      JSON.stringify(agentConfig(namespace), null, 1),
    ),
    'systemctl daemon-reload',
    'systemctl enable --now nginx remount-report.timer',
    '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json',
  );
  return userData;
}

function file(path: string, content: string): string {
  return `cat > ${path} <<'REMOUNT'\n${content.trimEnd()}\nREMOUNT`;
}

/** Comment lines stay in the repository: user data has little room. The first line and the verb's mark are kept. */
function strip(script: string): string {
  return script
    .split('\n')
    .filter((line, i) => i === 0 || line.startsWith('# remount-verb:') || !/^\s*#|^\s*$/.test(line))
    .join('\n');
}

/**
 * Each volume is served from the link that the verb `serve` sets. The health check reads the canary from the volume itself,
 * so that only the owner is healthy, and only while its file system answers.
 */
const NGINX = `server {
  listen 80 default_server;
  root /srv/content;
  location ~ ^/healthz/([a-z0-9-]+)$ { alias /srv/content/$1/.remount/canary; default_type text/plain; }
  location ~ /\\.remount(/|$) { return 404; }
  location / { try_files $uri $uri/ =404; }
}`;

const SERVICE = `[Unit]
Description=Probe the content volumes that this instance serves
[Service]
Type=oneshot
ExecStart=/bin/sh /opt/remount/report.sh
TimeoutStartSec=30`;

const TIMER = `[Unit]
Description=Probe the content volumes every ${PROBE_SECONDS} s
[Timer]
OnBootSec=${PROBE_SECONDS}s
OnUnitActiveSec=${PROBE_SECONDS}s
AccuracySec=100ms
[Install]
WantedBy=timers.target`;

/**
 * The agent adds the dimensions host and metric_type to what StatsD sends; the alarm watches the roll-up by the logical volume
 * alone, which aggregation_dimensions publishes. Buffered data are sent each second, not each minute as by default.
 * Source: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
 */
function agentConfig(namespace: string): object {
  return {
    agent: { omit_hostname: true },
    metrics: {
      namespace,
      force_flush_interval: 1,
      aggregation_dimensions: [[METRIC.volumeDimension]],
      metrics_collected: {
        statsd: {
          service_address: '127.0.0.1:8125',
          metrics_collection_interval: PROBE_SECONDS,
          metrics_aggregation_interval: PROBE_SECONDS,
        },
      },
    },
  };
}
