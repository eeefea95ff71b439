/** So many milliseconds in words: to a tenth of a second below ten seconds, else to the second. */
export function took(ms: number): string {
  if (ms < 50) return '0 s';
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  return parts
    .flatMap((n, i) => (n === 0 ? [] : [`${n} ${['d', 'h', 'min', 's'][i]}`]))
    .slice(0, 2)
    .join(' ');
}

/** `2026-01-07 06:04:13 UTC` */
export function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `06:04:13.1` */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 21);
}

/**
 * Text of others, as something that can be read: what has no shape of its own, or turns what follows around, is written as its number, so
 * that a file name cannot pass for another one. Cut to `most` characters.
 */
export function visible(text: string, most: number): string {
  const shown = [...text.replace(/\s+/g, ' ')].map((c) =>
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}]/u.test(c) ? number(c) : c,
  );
  return shown.length > most ? `${shown.slice(0, most - 1).join('')}…` : shown.join('');
}

function number(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
