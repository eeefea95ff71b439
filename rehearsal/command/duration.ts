/** Milliseconds in words, to the second. */
export function duration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const words = parts.map((n, i) => `${n} ${['h', 'min', 's'][i]}`).filter((_, i) => parts[i] !== 0);
  return words.length > 0 ? `${ms < 0 ? '-' : ''}${words.join(' ')}` : '0 s';
}

/** `1 page`, `2 pages`. @param noun of which the plural has an s and no more */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
