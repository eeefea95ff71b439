import { message, nameOf } from './attempt.ts';

/** How an error says that a service of AWS did not do its part, for now: gateways set it, and the logic asks for it. */
export interface Unanswered {
  /** The service's name. */
  readonly unanswered: string;
}

/** The service that does not answer, where that is what an error says. Denied and invalid stay so, and are no such thing. */
export function unansweredBy(error: unknown): string | undefined {
  const { unanswered } = (error ?? {}) as Partial<Unanswered>;
  return error instanceof Error && typeof unanswered === 'string' ? unanswered : undefined;
}

/** No answer: of which service, and what it was called and said instead. */
export interface NoAnswer {
  readonly by: string;
  readonly error: string;
  readonly why: string;
}

/** What came of asking: an answer, or none. */
export type Asked<T> = { readonly answered: true; readonly value: T } | ({ readonly answered: false } & NoAnswer);

/** @throws Error for everything but a service that does not answer */
export async function asking<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { answered: true, value: await ask() };
  } catch (error) {
    const by = unansweredBy(error);
    if (by === undefined) throw error;
    return { answered: false, by, error: nameOf(error), why: message(error) };
  }
}
