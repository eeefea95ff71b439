import type { Duration } from 'aws-cdk-lib';
import type { Declared, DeclaredResources } from './declared.ts';

/** What an app is held to. */
export interface Objectives {
  /**
   * The longest that two recovery points of a volume may be apart, DLM's late starts included: more than 60 minutes.
   * @default 120 minutes
   */
  readonly recoveryPointGap?: Duration;
  /**
   * Recovery points that are kept of each volume at least, so that there is something to walk back to.
   * @default 5
   */
  readonly recoveryPoints?: number;
  /**
   * How far back the kept recovery points of each volume reach at least.
   * @default 24 hours
   */
  readonly recoveryPointReach?: Duration;
  /**
   * Instances that a zone with data volumes has at least: the owner and its standbys.
   * @default 2
   */
  readonly instancesPerZone?: number;
}

/** What a rule says against a resource. */
export interface Finding {
  /** What was received, what is allowed, and what to change. */
  readonly says: string;
  /**
   * A value that is known at deployment only stands in the way: neither right nor wrong.
   * @default it is wrong
   */
  readonly unjudged?: true;
}

/** One thing that an app is held to. */
export interface Rule {
  /** As in `Resilience-<id>`. */
  readonly id: string;
  /** What it asks for, in a line. */
  readonly title: string;
  /** What happens without it. */
  readonly why: string;
  /** CloudFormation types that it looks at. */
  readonly types: readonly string[];
  /**
   * Looks at one resource. For this package alone: what it is given is none of the package's face.
   *
   * @internal
   * @returns what is wrong with it; `undefined` where nothing is
   */
  judge(resource: Declared, app: DeclaredResources, objectives: Required<Objectives>): Finding | undefined;
}

export function wrong(says: string): Finding {
  return { says };
}

/** @param why what cannot be known, and why */
export function unjudged(why: string): Finding {
  return {
    says: `cannot be judged: ${why}. Use a value that is known at synthesis, or acknowledge this finding`,
    unjudged: true,
  };
}
