import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { toBytes } from '../../../../journal/name.ts';
import type { Operation } from '../../../journal/reference/operations.ts';
import type { Volume } from '../kernel/lab.ts';

/** A file is opened, or loses an attribute that it has not. */
export const MAY_CHANGE_NOTHING: readonly Operation['op'][] = ['open', 'attributes'];

export function changeOf({ mountPoint }: Volume, path: string): bigint | undefined {
  const at = Buffer.concat([Buffer.from(`${mountPoint}/`), toBytes(path)]);
  return lstatSync(at, { bigint: true, throwIfNoEntry: false })?.ctimeNs;
}

export function pathsOf(operation: Operation): string[] {
  if ('path' in operation) return [operation.path];
  return 'from' in operation ? [operation.from, operation.to] : [];
}

/** What users see under a path. */
export function stateOf({ mountPoint }: Volume, path: string): string {
  const at = Buffer.concat([Buffer.from(`${mountPoint}/`), toBytes(path)]);
  try {
    const stat = lstatSync(at);
    if (stat.isDirectory()) return 'directory';
    return stat.isSymbolicLink() ? `link ${readlinkSync(at)}` : `file ${readFileSync(at, 'latin1')}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
