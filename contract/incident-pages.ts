/** Where the pages of incidents are, in a bucket of their own: docs/decisions/0047-page-stored.md. */

/** What each key begins with; the content volume's name and the heal's id follow. */
export const PAGE_PREFIX = 'incidents/';

/** What may stand in a key for a heal: no slash, so that a page is of one content volume. */
export const HEAL_ID = /^[A-Za-z0-9-]{1,64}$/;

/** Key of the page of an incident. */
export function pageKey({ volume, id }: { readonly volume: string; readonly id: string }): string {
  return `${PAGE_PREFIX}${volume}/${id}.html`;
}

/** Name of the file that the command of a message writes. */
export function pageFile({ volume, id }: { readonly volume: string; readonly id: string }): string {
  return `${volume}-${id}.html`;
}
