import { UserData } from 'aws-cdk-lib/aws-ec2';
import { EXIT, METRIC } from './contract.ts';
import { hostFile } from './host-documents.ts';

/** Seconds between two probes of a volume on its owner. */
export const PROBE_SECONDS = 10;
/** Minutes between two runs of the indexer; a course is indexed once it has been quiet for 10 (`host/index.sh`). */
const INDEX_MINUTES = 5;
/** EC2 takes at most this much, before encoding. Source: EC2 User Guide, "Run commands when you launch an EC2 instance". */
export const USER_DATA_BYTES = 16_384;

/**
 * What sets an instance up: packages, the web server, the probe with its timer, and the CloudWatch agent. For Amazon Linux 2023 on a
 * Nitro instance. It also needs a role that Systems Manager works with (`AmazonSSMManagedInstanceCore`) and that may put metrics into
 * the namespace, the tag `remount:stack`, without which the healer may not touch it, and a way to S3, Systems Manager and CloudWatch.
 * `Fleet` has it all. Commands may be added, up to {@link USER_DATA_BYTES} in all.
 *
 * @param namespace CloudWatch namespace of the probe's metrics; `VolumeAlarms` takes the same
 */
export function contentUserData(namespace: string): UserData {
  const userData = UserData.forLinux();
  userData.addCommands(
    'set -eu',
    // CloudFormation starts instances without waiting for the endpoints that packages come through.
    'tries=0',
    'until dnf install -y nginx amazon-cloudwatch-agent xfsprogs; do tries=$((tries + 1)); [ "$tries" -lt 30 ] || exit 1; sleep 10; done',
    'install -d -m 0755 /srv/content /opt/remount /var/lib/remount/serving',
    file('/etc/nginx/nginx.conf', NGINX),
    ...['common.sh', 'probe.sh', 'report.sh', 'index.sh'].map((name) =>
      file(`/opt/remount/${name}`, strip(hostFile(name))),
    ),
    file('/etc/systemd/system/remount-report.service', SERVICE),
    file('/etc/systemd/system/remount-report.timer', TIMER),
    file('/etc/systemd/system/remount-index.service', INDEX_SERVICE),
    file('/etc/systemd/system/remount-index.timer', INDEX_TIMER),
    file(
      '/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json',
      JSON.stringify(agentConfig(namespace), null, 1),
    ),
    'systemctl daemon-reload',
    'systemctl enable --now nginx remount-report.timer remount-index.timer',
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
 * The whole configuration, as the package's own has a server on port 80 that would answer instead. Each volume is served
 * from the link that the verb `serve` sets. The health check reads the canary from the volume itself, so that only the
 * owner is healthy, and only while its file system answers. Idle connections are kept longer than the load balancer keeps
 * them (60 s), or it may send a request into one that closes:
 * docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html, "HTTP 502".
 * SELinux only logs on Amazon Linux 2023, docs.aws.amazon.com/linux/al2023/ug/default-SELinux-modes-states.html; where it
 * is set to enforce, content needs the label httpd_sys_content_t.
 */
const NGINX = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log combined;
  sendfile on;
  keepalive_timeout 75s;
  server {
    listen 80 default_server;
    root /srv/content;
    location ~ ^/healthz/([a-z0-9-]+)$ { alias /srv/content/$1/.remount/canary; default_type text/plain; access_log off; }
    location ~ /\\.remount(/|$) { return 404; }
    location / { try_files $uri $uri/ =404; }
  }
}`;

const SERVICE = `[Unit]
Description=Probe the content volumes that this instance serves
[Service]
Type=oneshot
ExecStart=/bin/sh /opt/remount/report.sh
TimeoutStartSec=30`;

/** On the clock's tens of seconds: counted from the last run it would drift, and skip one of the alarm's periods now and then. */
const TIMER = `[Unit]
Description=Probe the content volumes every ${PROBE_SECONDS} s
[Timer]
OnCalendar=*:*:0/${PROBE_SECONDS}
AccuracySec=100ms
[Install]
WantedBy=timers.target`;

/** Exit code 31: it was stopped because the host is needed, which is no failure. */
const INDEX_SERVICE = `[Unit]
Description=Write the manifests that are missing on the content volumes that this instance serves
[Service]
Type=oneshot
ExecStart=/bin/sh /opt/remount/index.sh
SuccessExitStatus=${EXIT.interrupted}
Nice=19
IOSchedulingClass=idle`;

/** Counted from the end of the last run: a long one is not followed by another at once. */
const INDEX_TIMER = `[Unit]
Description=Write missing manifests every ${INDEX_MINUTES} minutes
[Timer]
OnBootSec=${INDEX_MINUTES}min
OnUnitInactiveSec=${INDEX_MINUTES}min
[Install]
WantedBy=timers.target`;

/**
 * The agent adds the dimension metric_type to what StatsD sends (and host, unless told not to); the alarm watches the
 * roll-up by the logical volume alone, which aggregation_dimensions publishes. Each stage waits: to be collected, to be
 * aggregated, to be sent. Each takes a second here, so that a value is there before its period of 10 s is judged; by
 * default they take 10 s, a minute and a minute. An aggregation of less than a minute is stored in high resolution. The
 * agent forgets a gauge once it is collected, so a probe that has stopped is missing data and not its last answer.
 * Sources: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html and
 * CloudWatch-Agent-custom-metrics-statsd.html; aws/amazon-cloudwatch-agent, plugins/inputs/statsd/statsd.go (DeleteGauges)
 * and plugins/outputs/cloudwatch/aggregator.go (resolution)
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
          metrics_collection_interval: 1,
          metrics_aggregation_interval: 1,
        },
      },
    },
  };
}
