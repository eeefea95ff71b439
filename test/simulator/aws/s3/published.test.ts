import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { softwareFiles } from '../../../../lib/host-software.ts';
import { archive } from '../../../../lib/internal/archive.ts';
import type { SimInstance } from '../../../../simulator/aws/ec2/state.ts';
import { Gateways } from '../../../../simulator/aws/fleet/gateways.ts';
import { Hosts } from '../../../../simulator/aws/fleet/hosts.ts';
import { InstalledSoftware } from '../../../../simulator/aws/fleet/installed-software.ts';
import { keyOf } from '../../../../simulator/aws/fleet/user-data.ts';
import type { Principal } from '../../../../simulator/aws/iam/account.ts';
import { ResourcePolicy } from '../../../../simulator/aws/iam/resource-policies.ts';
import { Published } from '../../../../simulator/aws/s3/published.ts';
import { ANYONE, Lab, policy } from '../lab.ts';

const BUCKET = 'cdk-hnb659fds-assets-111122223333-eu-west-1';
const folder = mkdtempSync(join(tmpdir(), 's3-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = archive(softwareFiles('Remount/Shop'));
const VERSION = createHash('sha256').update(bytes).digest('hex');
const KEY = keyOf(VERSION);
writeFileSync(join(folder, 'asset.tar'), bytes);
writeFileSync(
  join(folder, 'Shop.assets.json'),
  JSON.stringify({
    files: {
      software: {
        source: { path: 'asset.tar', packaging: 'file' },
        destinations: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the CDK's.
          here: { bucketName: 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}', objectKey: KEY },
        },
      },
    },
  }),
);

const only = (resource: string): Principal => ({ name: 'host', statements: () => policy('s3:GetObject', resource) });
const gateway = (Resource: string) =>
  new ResourcePolicy(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }] },
    'test',
  );
const OBJECTS = `arn:aws:s3:::${BUCKET}/remount-host-*`;

describe('what the assembly publishes', () => {
  const s3 = (lab = new Lab()) => new Published(lab.cloud, folder, new Gateways(lab.cloud));

  test('is read under the name that its manifest gives it', () => {
    expect(readFileSync(s3().read(only(OBJECTS), 'i-1', 'Shop', BUCKET, KEY))).toEqual(bytes);
  });

  test.each([
    ['the role does not allow it', only('arn:aws:s3:::other/*'), OBJECTS],
    ['the endpoint does not allow it', only(OBJECTS), 'arn:aws:s3:::other/*'],
  ])('is refused where %s', (_, principal, through) => {
    const lab = new Lab();
    const gateways = new Gateways(lab.cloud);
    const of = new Published(lab.cloud, folder, gateways);
    gateways.set('Shop', 's3', gateway(through));
    expect(() => of.read(principal, 'i-1', 'Shop', BUCKET, KEY)).toThrow(
      expect.objectContaining({ name: 'AccessDenied' }),
    );
    // The endpoint of another stack's network is not on the way.
    if (through !== OBJECTS) expect(() => of.read(principal, 'i-1', 'Other', BUCKET, KEY)).not.toThrow();
  });

  test('is refused where it is not there, as what is not allowed', () => {
    const missing = () => s3().read(ANYONE, 'i-1', 'Shop', BUCKET, keyOf('0'.repeat(64)));
    expect(missing).toThrow(expect.objectContaining({ name: 'AccessDenied' }));
  });
});

describe('an instance at its first boot', () => {
  const env = { SSM_Version: VERSION, SSM_Bucket: BUCKET, SSM_Region: 'eu-west-1' };
  const boot = { version: VERSION, bucket: BUCKET, key: KEY, env };

  /** Boots an instance; S3 refuses it for so many seconds. @returns when it was set up, in seconds; and what then runs */
  async function booted(refusedSeconds: number, principal = only(OBJECTS)) {
    const lab = new Lab();
    const software = new InstalledSoftware(
      lab.cloud,
      new Hosts(lab.cloud),
      new Published(lab.cloud, folder, new Gateways(lab.cloud)),
    );
    const instance = { id: 'i-1', state: 'running' } as SimInstance;
    lab.cloud.disks.addHost(instance.id);
    const began = lab.clock.now();
    if (refusedSeconds > 0) lab.cloud.faults.unfetchable.add(instance.id);
    lab.clock.after(refusedSeconds * 1000, () => lab.cloud.faults.unfetchable.delete(instance.id));
    let at: number | undefined;
    software.boot(instance, boot, { principal, stackName: 'Shop' }, () => {
      at = (lab.clock.now() - began) / 1000;
    });
    await lab.clock.run(began + 3_600_000);
    return { at, runs: lab.cloud.disks.software(instance.id), disks: lab.cloud.disks };
  }

  test('is set up at once where it may fetch', async () => {
    expect(await booted(0)).toMatchObject({ at: 0, runs: VERSION });
  });

  test('tries for as long as S3 refuses', async () => {
    expect(await booted(1800)).toMatchObject({ at: 1800, runs: VERSION });
  });

  test('is never set up where it may not fetch', async () => {
    expect(await booted(0, only('arn:aws:s3:::other/*'))).toMatchObject({ at: undefined, runs: undefined });
  });

  test('has what it had after a power cut, and needs nobody for it', async () => {
    const { disks } = await booted(0);
    disks.powerOff('i-1');
    expect(disks.software('i-1')).toBe(VERSION);
  });
});
