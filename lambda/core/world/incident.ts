import { LEDGER } from '../../../contract/contract.ts';
import type { Incident } from './model.ts';

/** The sort key of an incident's record in the ledger: by when it began. */
export function incidentKey({ startedAt, id }: Pick<Incident, 'startedAt' | 'id'>): string {
  return `${LEDGER.incident}${new Date(startedAt).toISOString()}#${id}`;
}
