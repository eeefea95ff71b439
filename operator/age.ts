/** `1 file`, `2 files`. */
export const filesText = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`;

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;
/** In the largest unit of which there are two or more. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  for (const [unit, size] of UNITS) if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
  return `${seconds} s`;
}
