import type { Header } from '../../../journal/segment/layout.ts';
import type { Noted } from './open.ts';

/** A number of a term that has ended is passed over. Of a base that was served unsealed in a later term it is missing: nobody applied it there. */
export function passedOver(noted: Noted, number: number): Noted {
  const isOwed = noted.unsealed === noted.reading.term && noted.owed === undefined;
  return isOwed ? { ...noted, owed: number } : noted;
}

/** What is missing is among all that there is, once whoever served unsealed has stated that. */
export function restated({ unsealed, owed, ...noted }: Noted, { term, complete }: Header): Noted {
  const isStated = term === unsealed && complete !== undefined;
  return { ...noted, ...(!isStated && { unsealed, owed }) };
}
