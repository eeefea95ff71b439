import * as z from 'zod/mini';
import { answerKey } from '../../../contract/intake.ts';
import type { Stamp } from '../../../intake/decide.ts';
import type { Refusal } from '../../../intake/refusal.ts';
import { answeredAs } from '../../../intake/upload.ts';
import { sentenceOf } from '../../../intake/words.ts';

/** What a course came to: not known of one that an earlier start has placed. */
export interface Facts {
  readonly files: number;
  /** Bytes. */
  readonly bytes: number;
  /** Names that were nobody's content. */
  readonly leftOut: number;
}

/** @param number of the journal, up to which it holds the course */
export function doneText(volume: string, stamp: Stamp, number: number, facts: Facts | undefined): string {
  return textOf({ state: 'done', ...headOf(volume, stamp), number, ...facts });
}

export function refusedText(volume: string, stamp: Stamp, refusals: readonly Refusal[]): string {
  const said = refusals.map((refusal) => ({ ...refusal, sentence: sentenceOf(refusal) }));
  return textOf({ state: 'refused', ...headOf(volume, stamp), refusals: said });
}

/** The same answer, of another version with the same bytes. */
export function likewise(text: string, version: string): string {
  return textOf({ ...(JSON.parse(text) as object), version });
}

const ANSWER = z.object({
  state: z.enum(['done', 'refused']),
  refusals: z.optional(z.array(z.object({ code: z.string() }))),
});

/** @returns `undefined` where it is none */
export function stateOf(text: string): 'done' | 'refused' | undefined {
  return read(text)?.state;
}

/** What an upload was refused for. */
export function codesOf(text: string): readonly string[] {
  return (read(text)?.refusals ?? []).map(({ code }) => code);
}

function read(text: string) {
  try {
    return z.parse(ANSWER, JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function keyOfAnswer(volume: string, { key, version }: Pick<Stamp, 'key' | 'version'>): string {
  return answerKey(volume, answeredAs(volume, key), version);
}

function headOf(volume: string, { key, version, modified }: Stamp) {
  return { volume, course: answeredAs(volume, key), key, version, uploaded: new Date(modified).toISOString() };
}

function textOf(answer: object): string {
  return `${JSON.stringify(answer)}\n`;
}
