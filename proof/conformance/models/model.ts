import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A shape of a service, as botocore's data files write it. Only what is judged. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, ShapeReference>>;
  readonly required?: readonly string[];
  readonly member?: ShapeReference;
  readonly key?: ShapeReference;
  readonly value?: ShapeReference;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly union?: boolean;
  readonly error?: { readonly code?: string };
}
export interface ShapeReference {
  readonly shape: string;
  readonly documentation?: string;
}
export interface Operation {
  readonly input?: ShapeReference;
  readonly output?: ShapeReference;
  readonly errors?: readonly ShapeReference[];
}

/** What AWS publishes of one service: `service-2.json` of botocore, which AWS's own tools are made from. */
export interface ServiceModel {
  readonly metadata: { readonly serviceId: string; readonly apiVersion: string };
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** The names of the simulated services, and botocore's where it is another one. */
const FOLDERS: Readonly<Record<string, string>> = { elasticloadbalancing: 'elbv2' };

/** AWS's models, read when they are first asked for. */
export class Models {
  readonly #directory: string;
  readonly #read = new Map<string, ServiceModel>();

  /**
   * @param directory `botocore/data`, or one that is laid out like it
   * @param written models of what AWS publishes in words only, by service
   */
  constructor(directory: string, written: Readonly<Record<string, ServiceModel>> = {}) {
    this.#directory = directory;
    for (const [service, model] of Object.entries(written)) this.#read.set(service, model);
  }

  /** Newest version of a service's model. @throws Error where AWS publishes none */
  of(service: string): ServiceModel {
    const known = this.#read.get(service);
    if (known) return known;
    const folder = join(this.#directory, FOLDERS[service] ?? service);
    const newest = existsSync(folder) ? readdirSync(folder).sort().at(-1) : undefined;
    if (!newest) throw new Error(`no model of the service ${service} in ${this.#directory}`);
    const plain = join(folder, newest, 'service-2.json');
    const bytes = readFileSync(existsSync(plain) ? plain : `${plain}.gz`);
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const model = JSON.parse((packed ? gunzipSync(bytes) : bytes).toString('utf8')) as ServiceModel;
    this.#read.set(service, model);
    return model;
  }

  /** Services that were asked for, with the version of each one's API. */
  get asked(): readonly string[] {
    return [...this.#read].map(([service, { metadata }]) => `${service} ${metadata.apiVersion}`).sort();
  }
}
