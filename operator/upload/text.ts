import type { Uploaded } from './upload.ts';

export function sizeText(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
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
  const facts = files === undefined ? '' : `: ${files} files${bytes === undefined ? '' : `, ${sizeText(bytes)}`}`;
  return `${volume}: ${course} is served${facts}\n`;
}
