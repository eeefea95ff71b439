/**
 * The longest first, whatever was measured before: a fresh clone has no measurements, and a long file that begins last is what
 * everybody waits for.
 */
import Sequencer from '@jest/test-sequencer';

const LONGEST = [
  'rehearsal/scenarios',
  'rehearsal/real-disks',
  'host/agent/intake/killed',
  'lib/stack',
  'lib/injection',
  'host/freeze',
  'proof/journal/model',
  'proof/faults/simulate',
  'host/check',
  'report/live',
  'host/agent/intake/unit',
  'docs/commands',
  'docs/notify',
  'host/sound',
  'host/agent/service',
  'host/agent/follow',
  'host/agent/journal/late',
  'rehearsal/broken',
  'examples/package',
  'proof/damage/damage',
];

export default class LongestFirst extends (Sequencer.default ?? Sequencer) {
  sort(tests) {
    const place = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return [...super.sort(tests)].sort((a, b) => place(a) - place(b));
  }
}
