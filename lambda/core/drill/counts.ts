import type { Counts } from '../world/model.ts';

const KEYS = ['files', 'stored', 'manifests'] as const;

/** @returns `undefined` where the check did not count them all: a host that runs an older one */
export function countsOf(values: Readonly<Record<string, string | undefined>>): Counts | undefined {
  const [files, stored, manifests] = KEYS.map((key) =>
    /^\d{1,16}$/.test(values[key] ?? '') ? Number(values[key]) : undefined,
  );
  return files === undefined || stored === undefined || manifests === undefined
    ? undefined
    : { files, stored, manifests };
}

/** As a tag. */
export function countsText(counts: Counts): string {
  return KEYS.map((key) => `${key}=${counts[key]}`).join(' ');
}

/** @returns `undefined` for what nobody has counted, and for what is no such text */
export function readCounts(text: string | undefined): Counts | undefined {
  return countsOf(Object.fromEntries((text ?? '').split(' ').map((part) => part.split('=') as [string, string])));
}

/**
 * What has fallen by more than a share, in words; empty: nothing. No checksum shows it: a copy without its courses is sound.
 * Manifests that went alone are reported however few: their files stay, and nothing compares them any more.
 * @param percent of what there was before
 */
export function fallen(before: Counts, after: Counts, percent: number): string[] {
  const said = KEYS.filter((key) => before[key] > 0 && (before[key] - after[key]) * 100 > before[key] * percent);
  const gone = before.manifests - after.manifests;
  const alone = gone > 0 && before.files - after.files === gone && !said.includes('manifests');
  return [...said, ...(alone ? (['manifests'] as const) : [])].map((key) => `${key}: ${before[key]} -> ${after[key]}`);
}

/** Files that a check was to read: what has its turn in another drill is not among them. */
export function dueFiles(values: Readonly<Record<string, string | undefined>>): number {
  return Number(values.files) - Number(values.resting ?? 0);
}
