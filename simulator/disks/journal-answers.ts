/**
 * What the agent of the journal answers to the scripts `drain`, `release` and `follow` on a host, once it has done its work: lines, as it prints them.
 * Without them there is no agent. For scripts and the model alike.
 */
export const DRAINED_ENV = 'REHEARSAL_JOURNAL_DRAINED';
/** `true`, or `false`. */
export const FLUSHED_ENV = 'REHEARSAL_JOURNAL_FLUSHED';
/** What it answers to `status` where it follows on a spare: lines; empty: nobody does. Without it there is no agent. */
export const FOLLOWED_ENV = 'REHEARSAL_JOURNAL_FOLLOWED';
/** In the place of its answer: systemd does not start it. */
export const MASKED = 'masked';
/** Names the agent's command to the scripts: what stands for it on real disks. */
export const AGENT_ENV = 'REMOUNT_JOURNAL';
export const STAND_IN = 'remount-journal-answers';
