import { filesText } from '../age.ts';
import type { Uploaded } from './upload.ts';

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** What a terminal shows while it goes on. */
export function sentText(bytes: number, size: number): string {
  return `\r${sizeText(bytes)} of ${sizeText(size)}${bytes < size ? '' : '\n'}`;
}

export function hadText(bytes: number, size: number): string {
  return `S3 had ${sizeText(bytes)} of ${sizeText(size)} from a try before: it goes on from there`;
}

/** What is left where it ends before S3 has all of it. @param until when S3 drops the parts that it has */
export function cutOffText(course: string, bytes: number, size: number, until: Date | undefined): string {
  const dropped = until ? `, until ${until.toISOString()}, when S3 clears it away` : '';
  return `S3 has ${sizeText(bytes)} of ${sizeText(size)} of ${course}: the same command goes on from there${dropped}`;
}

export function uploadPlanText(volume: string, course: string, from: string, what: string): string {
  return `${volume}: the course ${course} becomes what is in ${from} (${what}).
What is there under this name now is replaced, and is in the trash for a day, less where room is short.
`;
}

export function uploadedText({ volume, course, state, files, bytes, refusals = [], version }: Uploaded): string {
  if (state === 'waiting') return `${volume}: S3 has ${course} as version ${version}; nobody has answered yet\n`;
  if (state === 'refused')
    return refusals
      .map(
        ({ code, path, sentence }) =>
          `${course} is refused: ${path === undefined ? '' : `${path}: `}${sentence} (${code})\n`,
      )
      .join('');
  const facts = files === undefined ? '' : `: ${filesText(files)}${bytes === undefined ? '' : `, ${sizeText(bytes)}`}`;
  return `${volume}: ${course} is served${facts}\n`;
}
