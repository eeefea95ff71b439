import { join } from 'node:path';
import { EXIT, type Failed } from '../exit.ts';
import type { Fetched } from '../restore/fetch.ts';
import { compact } from '../restore/moment.ts';
import { printable } from '../restore/path.ts';
import { Aside, Occupied, occupied } from '../restore/place.ts';
import type { Entry } from '../restore/plan.ts';
import type { Question } from '../restore/read.ts';
import { wantsPlace } from '../restore/restored.ts';
import { refused } from './ask.ts';
import { said, usage } from './kit.ts';

const taken = (to: string) =>
  refused(`--replace: not given, and ${printable(to)} is there already; nothing was written`);

/** Where it is to be put. @throws Failed where something is there that may not be replaced */
export function destination(
  { volume, path, at }: Question,
  flags: { readonly to?: string; readonly replace?: boolean },
): { readonly name: string; readonly directory: string; readonly to: string; readonly isThere: boolean } {
  const name = path.split('/').at(-1) || volume;
  const directory = flags.to ?? `./${printable(name)}-${compact(at)}`;
  const to = join(directory, name);
  const isThere = occupied(directory, name);
  if (isThere && !flags.replace) throw taken(to);
  return { name, directory, to, isThere };
}

/** What goes wrong on this machine, such as a disk that is full. */
export function local(error: unknown): never {
  throw (error as NodeJS.ErrnoException).syscall ? refused(`${said(error)}; nothing was written`) : error;
}

/** It is in its place by then. */
const undressed = (error: unknown, to: string): Failed =>
  Object.assign(new Error(`${said(error)}; ${printable(to)} was written, without its mode and times`), {
    exitCode: EXIT.look,
  });

export function asideIn(directory: string): Aside {
  try {
    return new Aside(directory);
  } catch (error) {
    throw usage(`--to: received ${directory}; allowed: a directory that can be written to (${said(error)})`);
  }
}

/** @returns of how many entries extended attributes could not be set, by why */
export function put(
  aside: Aside,
  entries: readonly Entry[],
  files: Fetched['files'],
  { name, to, replace }: { readonly name: string; readonly to: string; readonly replace: boolean },
): Map<string, number> {
  try {
    const unset = aside.make(entries, files);
    if (wantsPlace(entries)) aside.place(entries, name, replace);
    return unset;
  } catch (error) {
    if (error instanceof Occupied) throw taken(to);
    if (aside.isPlaced) throw undressed(error, to);
    return local(error);
  }
}
