/**
 * The longest first, whatever was measured before: a fresh clone has no measurements, and a long file that begins last is what
 * everybody waits for.
 */
import Sequencer from '@jest/test-sequencer';

const LONGEST = [
  'rehearsal/scenarios',
  'rehearsal/bad-wednesday',
  'rehearsal/broken',
  'proof/faults/simulate',
  'host/check',
  'proof/damage/damage',
  'docs/commands',
  'lib/packs',
  'examples/package',
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
