import type { KeyNow } from '../aws/key.ts';
import type { Finding } from './finding.ts';

const WITHOUT = 'no copy becomes a volume, no spare is attached, and nobody gets a message';

/**
 * In which states nothing can be encrypted or decrypted, and what to do; while it is `Updating`, everything can be.
 * Sources: docs.aws.amazon.com/kms/latest/developerguide/key-state.html ("Key state table"); deleting-keys-cancelling-key-deletion.html: a deletion that
 * is cancelled leaves a key that is disabled; importing-keys-import-key-material.html; connect-keystore.html
 */
const UNUSABLE: Readonly<Record<string, (key: KeyNow) => Pick<Finding, 'what' | 'do'>>> = {
  Disabled: ({ arn }) => ({ what: `is disabled: ${WITHOUT}`, do: `aws kms enable-key --key-id ${arn}` }),
  PendingDeletion: ({ arn, deletedAt }) => ({
    what: `is deleted${deletedAt === undefined ? '' : ` on ${new Date(deletedAt).toISOString()}`}, and cannot be used until then: ${WITHOUT}; after it all copies are lost`,
    do: `aws kms cancel-key-deletion --key-id ${arn}; then aws kms enable-key --key-id ${arn}`,
  }),
  PendingReplicaDeletion: ({ arn }) => ({
    what: `is deleted as soon as its replicas are, and cannot be used until then: ${WITHOUT}; after it all copies are lost`,
    do: `aws kms cancel-key-deletion --key-id ${arn}; then aws kms enable-key --key-id ${arn}`,
  }),
  PendingImport: ({ arn }) => ({
    what: `has no key material any more: ${WITHOUT}`,
    do: `import the same material again: aws kms get-parameters-for-import and import-key-material --key-id ${arn}`,
  }),
  Unavailable: ({ arn }) => ({
    what: `is out of reach, for its key store is disconnected: ${WITHOUT}`,
    do: `aws kms describe-key --key-id ${arn} names its CustomKeyStoreId; then aws kms connect-custom-key-store`,
  }),
};
const USABLE: readonly string[] = ['Enabled', 'Updating'];

/** What keeps the key from being used. A state that nobody here knows is one. */
export function keyFindings(key: KeyNow | undefined): Finding[] {
  if (!key || USABLE.includes(key.state ?? '')) return [];
  const { arn, state } = key;
  const about = 'key' as const;
  if (state === undefined) {
    const what = `the key ${arn} is not there any more: what it encrypted nobody can read`;
    return [
      { about, what, do: 'a deleted key does not come back: keep the hosts running, and copy the content off them' },
    ];
  }
  const found = UNUSABLE[state]?.(key) ?? {
    what: `is ${state}, and not Enabled`,
    do: `aws kms describe-key --key-id ${arn}`,
  };
  return [{ about, what: `the key ${arn} ${found.what}`, do: found.do }];
}
