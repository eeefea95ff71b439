import { createSocket } from 'node:dgram';
import { METRIC } from '../../../contract/contract.ts';
import { JOURNAL_LAG } from '../../../contract/journal.ts';

/** As often as the probe of the volume (`host/etc/remount-report.timer`). Milliseconds. */
const EVERY = 10_000;

/**
 * Says to the CloudWatch agent's StatsD listener on this host, by the volume, how long something has not been in the journal: seconds. Nobody
 * listening is no error: the alarm takes silence for a journal that is behind.
 *
 * @param lag milliseconds
 * @returns what ends it
 */
export function gaugeLag(
  port: number,
  volume: string,
  lag: () => number,
  every: number = EVERY,
): { readonly close: () => void } {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.unref();
  const say = () =>
    socket.send(
      `${JOURNAL_LAG}:${(lag() / 1000).toFixed(1)}|g|#${METRIC.volumeDimension}:${volume}`,
      port,
      '127.0.0.1',
      () => {},
    );
  const timer = setInterval(say, every);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}
