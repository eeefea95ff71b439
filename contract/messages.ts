/** What Remount notifies people of, by code: the attributes of its messages, which subscriptions, checkers and tests read in the place of sentences. */

/**
 * Names of message attributes. `volume` is missing where a message is about all of the stack. `reason`: the codes of `reasons.ts` or
 * `refusals.ts`, each once,
 * missing where there is none. `data`: what the message says as `path=value`, see `flat.ts`. These two are lists (`String.Array`).
 */
export const MESSAGE_ATTRIBUTE = {
  kind: 'kind',
  volume: 'volume',
  severity: 'severity',
  reason: 'reason',
  data: 'data',
} as const;

/**
 * `page`: content is not served, or may be lost at any moment; somebody has to look now. `warning`: somebody has to look, and content is served
 * or comes back by itself. `news`: nothing has to be done.
 */
export type Severity = 'page' | 'warning' | 'news';

/** Each kind of message, and how urgent it is. */
export const MESSAGE_SEVERITY = {
  /** A heal ended, and content is served. */
  served: 'news',
  /** A heal ended, and only a person can go on. */
  needsPerson: 'page',
  /** What a heal found before another one took over. */
  overtaken: 'warning',
  /** The ledger does not answer, and content is not served as far as can be seen. */
  ledgerSilent: 'page',
  /** The same, of another service. */
  waits: 'page',
  /** A mount takes long, and moves on. */
  slowMount: 'warning',
  /** A drill found damage in what serves. */
  damaged: 'page',
  /** It is over. */
  sound: 'news',
  /** Damage in a verified copy. */
  reliedOn: 'warning',
  /** A copy holds much less than the one before. */
  fallen: 'warning',
  /** Checks do not come to their end. */
  incomplete: 'warning',
  /** Files that the web server may not read. */
  unreadable: 'warning',
  /** Entries of manifests that promise nothing about content. */
  odd: 'warning',
  /** Nothing newer is verified, and the schedule would delete the last that is. */
  held: 'warning',
  /** The snapshot policy is not as deployed, or does not copy. */
  policy: 'warning',
  policySound: 'news',
  /** Proves the way, every 30 days. */
  test: 'news',
  /** Alarms went off, and CloudWatch could notify nobody of them. Any of them may be one that somebody is woken for. */
  unheardAlarms: 'page',
  /** A deployment ended well, and the volume is not what the template says. */
  leftAsItIs: 'warning',
} as const satisfies Readonly<Record<string, Severity>>;

export type MessageKind = keyof typeof MESSAGE_SEVERITY;
