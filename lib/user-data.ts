import { UserData } from 'aws-cdk-lib/aws-ec2';
import { hostFile } from './host-documents.ts';

/** Seconds between two probes of a volume on its owner. */
export const PROBE_SECONDS = 10;
const UNITS = ['remount-report.service', 'remount-report.timer', 'remount-index.service', 'remount-index.timer'];
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
    file('/etc/nginx/nginx.conf', strip(hostFile('etc/nginx.conf'))),
    ...['common.sh', 'web.sh', 'probe.sh', 'report.sh', 'index.sh'].map((name) =>
      file(`/opt/remount/${name}`, strip(hostFile(name))),
    ),
    ...UNITS.map((name) => file(`/etc/systemd/system/${name}`, strip(hostFile(`etc/${name}`)))),
    file('/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json', agentConfig(namespace)),
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
    .filter(
      (line, i) =>
        (i === 0 && line.startsWith('#!')) || line.startsWith('# remount-verb:') || !/^\s*#|^\s*$/.test(line),
    )
    .join('\n');
}

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
function agentConfig(namespace: string): string {
  return hostFile('etc/amazon-cloudwatch-agent.json').replace('@NAMESPACE@', () => namespace);
}
