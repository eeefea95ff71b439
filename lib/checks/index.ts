/** `remount/checks`: the checks, for an app that has cdk-nag. The constructs, `remount`, do without it. */

export { RESILIENCE_RULES, ResilienceChecks, type ResilienceChecksProps, UNJUDGED } from './resilience-checks.ts';
export type { Finding, Objectives, Rule } from './rule.ts';
