/** Milliseconds. */
export interface Pace {
  /** From one segment to the next, where nobody is in a hurry and no large file is under way. @default 2000 */
  readonly segmentMs?: number;
  /** How often it is looked whether something is due. @default 250 */
  readonly lookMs?: number;
  /** From one marker to the next: all that is dirty goes to the device before it. @default 10,000 */
  readonly markerMs?: number;
  /** Where nothing was stated for so long, that is said. @default a day */
  readonly heartbeatMs?: number;
}
export const PACE = { segmentMs: 2000, lookMs: 250, markerMs: 10_000, heartbeatMs: 86_400_000 };
