/** Host software on memory disks: what `host/update.sh` comes to. */
import { SOFTWARE_VERSION, UPDATE_PARAMETER } from '../../../contract/contract.ts';
import { configurationCloses, OBJECT_ENV, REFUSAL_ENV, readArchive } from '../software.ts';
import { fail, ok, type VerbResult } from './answers.ts';

const REFUSED_MS = 60 * 60_000;

/** It survives a power cut: all of it is on the root disk. */
export interface Software {
  /** Those that were fetched, each with the object that it came from. */
  readonly versions: Map<string, string>;
  /** In force. */
  applied: string | undefined;
  /** What `resume` asks. */
  ledger: string | undefined;
  refused: { readonly version: string; readonly at: number } | undefined;
}

export const NO_SOFTWARE = (): Software => ({
  versions: new Map(),
  applied: undefined,
  ledger: undefined,
  refused: undefined,
});

export function update(software: Software, env: Readonly<Record<string, string>>, now: string): VerbResult {
  const wanted = env[`SSM_${UPDATE_PARAMETER.version}`] ?? '';
  if (!SOFTWARE_VERSION.test(wanted)) return fail('usage', `SSM_Version is "${wanted}"`);
  software.ledger = env[`SSM_${UPDATE_PARAMETER.ledger}`] ?? software.ledger;
  const said = () => [`version=${software.applied ?? 'none'}`, `wanted=${wanted}`];
  if (!software.versions.has(wanted)) {
    const object = env[OBJECT_ENV];
    if (!object) return fail('unfetched', `${wanted} cannot be had: ${env[REFUSAL_ENV]}`, ...said());
    const { sha256 } = readArchive(object);
    if (sha256 !== wanted) return fail('unfetched', `${wanted} cannot be had: its sha256 is ${sha256}`, ...said());
    software.versions.set(wanted, object);
  }
  if (software.applied === wanted) return ok('state=updated', ...said());
  const at = Date.parse(now);
  if (software.refused?.version === wanted && at - software.refused.at < REFUSED_MS)
    return fail('unwell', `${wanted} was not well here`, ...said());
  const { files } = readArchive(software.versions.get(wanted) ?? '');
  if (!configurationCloses(files.get('etc/nginx.conf'))) {
    software.refused = software.applied === undefined ? undefined : { version: wanted, at };
    return fail('unwell', `${wanted} is not well here: nginx refuses its configuration`, ...said());
  }
  const before = software.applied;
  software.applied = wanted;
  software.refused = undefined;
  for (const version of software.versions.keys())
    if (version !== wanted && version !== before) software.versions.delete(version);
  return ok('state=updated', ...said());
}
