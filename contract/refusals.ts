import type { InstanceId, VolumeId } from './ids.ts';
/**
 * Why the keeper does not do what a deployment asks, or leaves a volume as it is. Each has a code and typed fields; what CloudFormation
 * hears begins with the code. `detail` is what another program or AWS said, as it is: for people.
 */
export type Refusal = { readonly [C in RefusalCode]: { readonly code: C } & Fields[C] }[RefusalCode];

export type RefusalCode = keyof Fields;

/** The fields of a refusal. */
export type RefusalOf<C extends RefusalCode> = Extract<Refusal, { readonly code: C }>;

interface OfVolume {
  readonly volumeId: VolumeId;
}
interface OfName {
  /** The content volume. */
  readonly volume: string;
}

/** By code. */
interface Fields {
  readonly healUnderWay: OfName & { readonly healId: string };
  readonly inQuarantine: OfVolume & OfName;
  readonly beingMade: OfVolume;
  /** A heal that died has not marked it as the current one yet: the next one does. */
  readonly unsettled: OfVolume & OfName;
  /** The current volume is in another zone. */
  readonly otherZone: OfVolume & OfName & { readonly received: string; readonly allowed: string };
  /** Nothing is left to adopt, and nothing to restore from; `detail`: what there is. */
  readonly onlyHistory: OfName & { readonly detail: string };
  readonly staysInZone: { readonly received: string; readonly allowed: string };
  /** GiB. */
  readonly doesNotShrink: { readonly received: number; readonly allowed: number };
  /** It is changed only while it is served; `state`: what the probe says. */
  readonly notServed: OfVolume & { readonly instanceId: InstanceId; readonly state: string; readonly detail: string };
  /** The volume has grown, and its file system has not. */
  readonly notGrown: OfVolume & { readonly instanceId: InstanceId; readonly sizeGiB: number; readonly detail: string };
  /** It is encrypted with a key that this stack's functions may not use. */
  readonly otherKey: OfVolume & { readonly key: string; readonly allowed: string };
  /** `error`: its name, which is AWS's code where AWS said no. */
  readonly failed: { readonly error: string; readonly detail: string };
}
