/** So many of a list are said, where nothing else is asked for. */
export const SAID = 5;

/**
 * A list of any length in a line that people read: the first few, how many more there are, and where they are.
 *
 * @param options.rest where all of them can be found
 * @param options.most how many are said
 */
export function listed(
  items: readonly string[],
  { rest, most = SAID, between = ', ' }: { readonly rest: string; readonly most?: number; readonly between?: string },
): string {
  const more = items.length - most;
  const said = items.slice(0, most).join(between);
  return more > 0 ? `${said}${between}and ${more} more (${rest})` : said;
}
