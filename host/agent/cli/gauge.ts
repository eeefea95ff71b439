import { createSocket } from 'node:dgram';
import { METRIC } from '../../../contract/contract.ts';
import { INTAKE_METRICS } from '../../../contract/intake.ts';
import type { JOURNAL_LAG, SPARE_LAG } from '../../../contract/journal.ts';

/** As often as the probe of the volume (`host/etc/remount-report.timer`). Milliseconds. */
const EVERY = 10_000;

export interface Gauge {
  /** Ends it. */
  readonly close: () => void;
}

/** What is said, and of which content volume. */
export interface Lag {
  readonly name: typeof JOURNAL_LAG | typeof SPARE_LAG;
  readonly volume: string;
  /** Milliseconds. */
  readonly lag: () => number;
}

/**
 * Says to the CloudWatch agent's StatsD listener on this host, by the volume, how long something has not been in the journal, or on the spare: seconds.
 * Nobody listening is no error: the alarms report silence.
 */
export function gaugeLag(port: number, { name, volume, lag }: Lag, every: number = EVERY): Gauge {
  return saying(port, volume, () => [`${name}:${seconds(lag())}|g`], every);
}

export interface IntakeGauged {
  readonly waiting: number;
  /** Milliseconds. */
  readonly oldest: number;
  /** Since the start. */
  readonly done: number;
  readonly refused: number;
  readonly trouble: string | undefined;
}

/** The same of an intake: what waits, and for how long, and what was done and refused since it was said last. What troubles it is named on standard error, once. */
export function gaugeIntake(
  port: number | undefined,
  volume: string,
  status: () => IntakeGauged,
  every: number = EVERY,
): Gauge {
  let before: IntakeGauged = { waiting: 0, oldest: 0, done: 0, refused: 0, trouble: undefined };
  const lines = () => {
    const now = status();
    const { waiting, oldest, done, refused, trouble } = now;
    const said = [
      `${INTAKE_METRICS.waiting}:${waiting}|g`,
      `${INTAKE_METRICS.oldest}:${seconds(oldest)}|g`,
      `${INTAKE_METRICS.done}:${done - before.done}|c`,
      `${INTAKE_METRICS.refused}:${refused - before.refused}|c`,
    ];
    if (trouble !== undefined && trouble !== before.trouble)
      console.error(`remount: the intake of ${volume}: ${trouble}`);
    before = now;
    return said;
  };
  return saying(port, volume, lines, every);
}

function saying(port: number | undefined, volume: string, lines: () => readonly string[], every: number): Gauge {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.unref();
  const say = () => {
    for (const line of lines())
      if (port !== undefined) socket.send(`${line}|#${METRIC.volumeDimension}:${volume}`, port, '127.0.0.1', () => {});
  };
  const timer = setInterval(say, every);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
