import { UserData } from 'aws-cdk-lib/aws-ec2';
import { SOFTWARE_KEY, UPDATE_PARAMETER } from '../../contract/contract.ts';
import type { HostSoftware } from '../host-software.ts';

/** Seconds between two probes of a volume on its owner (`host/etc/remount-report.timer`). */
export const PROBE_SECONDS = 10;
/** EC2 takes at most this much, before encoding. Source: EC2 User Guide, "Run commands when you launch an EC2 instance". */
export const USER_DATA_BYTES = 16_384;
const PACKAGES = ['nginx', 'logrotate', 'amazon-cloudwatch-agent', 'xfsprogs', 'attr', 'awscli-2', 'tar'];
/** What runs the agents: its `node-24`. Python 3.9, for its helpers, is part of the system. Source: docs.aws.amazon.com/linux/al2023/ug/nodejs.html */
const NODE = 'nodejs24';

/**
 * What sets an instance up: it installs packages, fetches the host software, verifies it, and starts it. For Amazon Linux 2023 on a
 * Nitro instance. It also needs a role that Systems Manager works with (`AmazonSSMManagedInstanceCore`), that may fetch the software
 * (`HostSoftware.grantFetch`) and put metrics into the namespace, the tag `remount:stack`, without which the healer may not touch it,
 * and a way to S3, Systems Manager and CloudWatch. `Fleet` has it all. Commands may be added, up to {@link USER_DATA_BYTES} in all.
 *
 * What is not there yet is tried again for as long as it takes: CloudFormation starts instances without waiting for the endpoints, and
 * an instance without its software is of no use. cloud-init runs this once in an instance's life: a reboot needs nothing of it.
 */
export function contentUserData(software: HostSoftware): UserData {
  const { version, bucketName, document, ledger, journal, intake, witness } = software;
  const { version: Version, bucket: Bucket, region: Region, ledger: Ledger } = UPDATE_PARAMETER;
  const { journal: Journal, intake: Intake, witness: Witness } = UPDATE_PARAMETER;
  const userData = UserData.forLinux();
  userData.addCommands(
    'set -eu',
    `export SSM_${Version}=${version} SSM_${Bucket}=${bucketName} SSM_${Region}=${document.stack.region}`,
    ...(ledger ? [`export SSM_${Ledger}=${ledger.table.tableName}`] : []),
    ...(journal ? [`export SSM_${Journal}=${journal.bucket.bucketName}`] : []),
    ...(intake ? [`export SSM_${Intake}=${intake.bucket.bucketName}`] : []),
    ...(witness ? [`export SSM_${Witness}=${witness.table.tableName}`] : []),
    `until dnf install -y ${[...PACKAGES, ...(journal || witness ? [NODE] : [])].join(' ')}; do sleep 10; done`,
    'all=/opt/remount/versions',
    'install -d -m 0755 /srv/content /var/lib/remount/serving "$all"',
    'fetch() {',
    '  rm -rf "$all/.new"',
    '  mkdir -p "$all/.new/files" &&',
    `    aws s3api get-object --region "$SSM_${Region}" --bucket "$SSM_${Bucket}" --key "${SOFTWARE_KEY}$SSM_${Version}.tar" "$all/.new/archive" &&`,
    `    echo "$SSM_${Version}  $all/.new/archive" | sha256sum -c - &&`,
    '    tar -xf "$all/.new/archive" -C "$all/.new/files" &&',
    '    sync &&',
    `    mv -T "$all/.new/files" "$all/$SSM_${Version}"`,
    '}',
    `until [ -d "$all/$SSM_${Version}" ] || fetch; do sleep 10; done`,
    `until sh "$all/$SSM_${Version}/update.sh"; do sleep 10; done`,
  );
  return userData;
}
