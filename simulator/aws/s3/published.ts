import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../account/cloud.ts';
import { throttled } from '../account/mishaps.ts';
import { OUTAGE, unavailable } from '../account/outages.ts';
import type { Gateways } from '../fleet/gateways.ts';
import { keyOf } from '../fleet/user-data.ts';
import type { Principal } from '../iam/account.ts';
import { s3Error } from './errors.ts';

interface Manifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: string };
        readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string }>>;
      }
    >
  >;
}

/** What was listed of a directory: thousands of worlds are played on one assembly. */
const published = new Map<string, ReadonlyMap<string, string>>();

/** The files that `cdk deploy` publishes before it deploys, and who may read them from where. */
export class Published {
  readonly #cloud: Cloud;
  readonly #assets: string;
  /** `bucket/key` -> file. */
  readonly #objects: Map<string, string>;
  readonly #gateways: Gateways;

  /** @param assets directory of the cloud assembly */
  constructor(cloud: Cloud, assets: string, gateways: Gateways) {
    this.#cloud = cloud;
    this.#gateways = gateways;
    this.#assets = assets;
    const known = published.get(assets) ?? list(cloud, assets);
    published.set(assets, known);
    this.#objects = new Map(known);
  }

  /** Publishes one more object, as a later deployment does. */
  put(bucket: string, key: string, bytes: Uint8Array): void {
    const file = join(this.#assets, `published-${key}`);
    writeFileSync(`${file}.${process.pid}`, bytes);
    renameSync(`${file}.${process.pid}`, file);
    this.#objects.set(`${bucket}/${key}`, file);
  }

  /**
   * Publishes another version of the host software, as a later deployment does: the same but for a comment.
   * @returns its version
   */
  publishNext(version: string): string {
    const [name, file] = [...this.#objects].find(([each]) => each.endsWith(`/${keyOf(version)}`)) ?? [];
    if (!name || !file) throw new Error(`no host software ${version} is published`);
    const bytes = Buffer.from(readFileSync(file).toString('latin1').replace('# Shared by', '# SHARED by'), 'latin1');
    const next = createHash('sha256').update(bytes).digest('hex');
    this.put(name.slice(0, name.indexOf('/')), keyOf(next), bytes);
    return next;
  }

  /**
   * GetObject, by an instance of a stack: its role must allow it, and so must the endpoint that it goes through.
   * @returns the file that has what it reads. @throws ServiceError
   */
  read(principal: Principal, instanceId: string, stackName: string, Bucket: string, Key: string): string {
    if (this.#cloud.faults.unfetchable.has(instanceId)) throw throttled('s3');
    // However it is out: nobody waits here.
    const { outages } = this.#cloud.faults;
    const out = outages.of('s3', this.#cloud.clock.now());
    if (out !== undefined && out !== OUTAGE.slow) throw unavailable('s3');
    this.#cloud.authorize(principal, 's3', 'GetObject', { Bucket, Key });
    this.#gateways.pass(principal, stackName, 's3', 'GetObject', { Bucket, Key });
    const file = this.#objects.get(`${Bucket}/${Key}`);
    // Without leave to list the bucket, what is not there is not distinguished from what is not allowed.
    if (!file) throw s3Error('AccessDenied', 'Access Denied');
    return file;
  }
}

/** What the manifests of an assembly publish as it is. Directories, which become zip files, are the functions' code. */
function list({ account, region, partition }: Cloud, assets: string): ReadonlyMap<string, string> {
  const put = (text: string) =>
    text
      .replaceAll('$' + '{AWS::AccountId}', account)
      .replaceAll('$' + '{AWS::Region}', region)
      .replaceAll('$' + '{AWS::Partition}', partition);
  const manifests = readdirSync(assets).filter((name) => name.endsWith('.assets.json'));
  return new Map(
    manifests.flatMap((name) => {
      const { files = {} } = JSON.parse(readFileSync(join(assets, name), 'utf8')) as Manifest;
      return Object.values(files)
        .filter(({ source }) => source.packaging === 'file')
        .flatMap(({ source, destinations }) =>
          Object.values(destinations).map(
            ({ bucketName, objectKey }) => [`${put(bucketName)}/${put(objectKey)}`, join(assets, source.path)] as const,
          ),
        );
    }),
  );
}
