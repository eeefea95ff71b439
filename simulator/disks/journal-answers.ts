/**
 * What the agent of the journal answers to the scripts `drain` and `release` on a host, once it has done its work: lines, as it prints them.
 * Without them there is no agent. For scripts and the model alike.
 */
export const DRAINED_ENV = 'REHEARSAL_JOURNAL_DRAINED';
/** `true`, or `false`. */
export const FLUSHED_ENV = 'REHEARSAL_JOURNAL_FLUSHED';
/** Names the agent's command to the scripts: what stands for it on real disks. */
export const AGENT_ENV = 'REMOUNT_JOURNAL';
export const STAND_IN = 'remount-journal-answers';
