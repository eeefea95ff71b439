import type { Construct } from 'constructs';
import { z } from 'zod';
import { ALLOWED } from '../props/allowed.ts';
import { refusal } from '../props/refusal.ts';

/** Of this package; `test/lib/runbook.test.ts` holds it against `package.json`. */
const VERSION = '0.1.0';

/** Context key of the address: the stack sets it from its setting `runbookUrl`; an app of other constructs sets it for all of them. */
export const RUNBOOK_CONTEXT = 'remount:runbookUrl';

/** This package's own, by version: what an alarm of an old deployment means is said by the documentation of its time. */
export const OWN_RUNBOOK = `remount@${VERSION}/docs/runbook.md`;

/** Where the runbook is. @throws SettingsError for an address that nobody could open */
export function runbookOf(scope: Construct): string {
  const given: unknown = scope.node.tryGetContext(RUNBOOK_CONTEXT);
  if (given === undefined) return OWN_RUNBOOK;
  const { data, error } = z.object({ [RUNBOOK_CONTEXT]: ALLOWED.runbookUrl }).safeParse({ [RUNBOOK_CONTEXT]: given });
  if (error) throw refusal(error, { [RUNBOOK_CONTEXT]: given });
  return data[RUNBOOK_CONTEXT] ?? OWN_RUNBOOK;
}

/** The end of an alarm's description. */
export function runbookLink(scope: Construct, section: string): string {
  return `Runbook: ${runbookOf(scope)}#${section}`;
}
