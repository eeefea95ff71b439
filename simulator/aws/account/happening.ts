/** One line of what happened, in virtual time. The same seed gives the same lines. */
export interface Happening {
  readonly at: number;
  readonly who: string;
  /** For people: whoever looks for something looks at {@link Happening.event}. */
  readonly what: string;
  readonly event?: Event;
}

interface OfVolume {
  readonly volumeId: string;
}
interface OfHost {
  readonly instanceId: string;
}

/** Of an attachment: that it has ended well, or will not end. */
export type Moved = 'attached' | 'detached' | 'stuckAttaching' | 'stuckDetaching';

/** What a line says, with its fields; lines that nobody looks for have none. */
export type Event =
  /** EC2 shows an instance in another state. */
  | ({ readonly kind: 'instance'; readonly state: string } & OfHost)
  | ({ readonly kind: Moved } & OfVolume & OfHost)
  | ({ readonly kind: 'volumeCreated'; readonly from: string | undefined } & OfVolume)
  | ({ readonly kind: 'keyUnusable' } & OfVolume)
  | { readonly kind: 'snapshotDeleted'; readonly snapshotId: string }
  /** An alarm that starts functions goes off. */
  | { readonly kind: 'alarmStarts'; readonly alarm: string }
  /** The load balancer finds a target healthy, or unhealthy. */
  | ({ readonly kind: 'health'; readonly state: 'healthy' | 'unhealthy'; readonly path: string } & OfHost)
  /** The probe of a content volume fails for the first time in a row. */
  | { readonly kind: 'probeFails'; readonly volume: string }
  | ({ readonly kind: 'booted' } & OfHost)
  /** A witness says that an owner does not answer. */
  | ({ readonly kind: 'witnessed'; readonly volume: string } & OfHost)
  /** What runs at boot has looked. */
  | ({ readonly kind: 'resumed' } & Ended)
  | ({ readonly kind: 'notPickedUp'; readonly verb: string } & OfHost)
  | ({ readonly kind: 'checkBegins' } & OfVolume & OfHost)
  /** A command has ended. */
  | ({ readonly kind: 'command'; readonly verb: string } & OfVolume & Ended)
  /** SNS was given a message of this stack's functions: its attributes. */
  | { readonly kind: 'message'; readonly attributes: Readonly<Record<string, string>> }
  /** Somebody breaks something. */
  | ({ readonly kind: 'hangs' } & OfHost)
  | ({ readonly kind: 'stalls' } & OfVolume);

/** What ran on a host, and the `key=value` lines that it printed. */
interface Ended extends OfHost {
  readonly exitCode: number;
  readonly values: Readonly<Record<string, string>>;
}

/** An event of one of these kinds. */
export type EventOf<K extends Event['kind']> = Event & { readonly kind: K };

export function isEvent<K extends Event['kind']>(event: Event | undefined, kind: K): event is EventOf<K> {
  return event?.kind === kind;
}

/** @returns the `key=value` lines of what a script printed */
export function printed(stdout: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
}
