/** New code of the functions, and new scripts of the verbs, deployed while the old ones are at work. */

import type { Update } from '../../../simulator/aws/cloudformation/update.ts';
import { check } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, breakWhatServes, once } from '../story/breaking.ts';
import { deployed, withNewCode } from '../story/deployments.ts';
import type { Plan, Strike } from '../story/incident.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** The alarm starts the heal on what is live then; the alias is moved, and what is gone from the template deleted, while it runs. */
const DEPLOYS_AFTER_MS = 8 * SECOND_MS;
/** The new code heals in its turn. */
const BREAKS_AGAIN_MS = 10 * MINUTE_MS;

interface Seen {
  update?: Update;
  /** When the deployment had ended. */
  at?: number;
}
const seen = new WeakMap<object, Seen>();

function deployNewCode(strike: Strike): void {
  const { clock } = strike.world;
  const noted: Seen = {};
  seen.set(strike.services, noted);
  clock.spawn('deployment', async () => {
    noted.update = await deployed(strike, 'new code', withNewCode(strike));
    noted.at = clock.now();
  });
}

/** What ran when the code was changed: on the version of before, to its end. What began afterwards runs on the new one. */
function judge({ services, world }: Strike, role: string): Check[] {
  const { update, at = world.clock.now() } = seen.get(services) ?? {};
  const ofRole = services.lambda.executions.filter((e) => e.functionArn.includes(`function-${role}`));
  const across = ofRole.filter((e) => e.startedAt < at && (e.ended?.at ?? Number.POSITIVE_INFINITY) > at);
  const after = ofRole.filter((e) => e.startedAt > at);
  const version = (arn: string) => arn.split(':').at(-1);
  const shown = across.map((e) => `version ${version(e.functionArn)}: ${e.ended?.status ?? 'runs'}`);
  return [
    check('the deployment ends well', update?.status === 'UPDATE_COMPLETE', update?.status ?? 'it never ended'),
    check(
      'what runs during a deployment ends on the version that it began on',
      across.length > 0 && across.every((e) => e.ended?.status === 'SUCCEEDED' && version(e.functionArn) === '1'),
      shown,
      'nothing ran',
    ),
    check(
      'what begins afterwards runs the new code',
      after.length > 0 && after.every((e) => version(e.functionArn) === '2'),
      [...new Set(after.map((e) => `version ${version(e.functionArn)}`))],
      'nothing began',
    ),
  ];
}

export const newCodePlans: Readonly<Record<string, Plan>> = {
  'new-code-during-heal': {
    about: 'new code and scripts are deployed while a heal runs; minutes later the new code has to heal',
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      const { clock } = strike.world;
      breakFileSystem(strike, strike.first);
      clock.after(DEPLOYS_AFTER_MS, () => deployNewCode(strike));
    },
    checks: (strike) => judge(strike, 'Healer'),
  },
  'new-code-during-drill': {
    about: 'new code and scripts are deployed while a drill checks a copy; then the file system shuts down',
    drills: true,
    expect: { outcome: ['replace'], withinMs: BREAKS_AGAIN_MS + 5 * MINUTE_MS, calls: 1500 },
    strike: (strike) => {
      once(
        strike,
        'checkBegins',
        () => true,
        () => deployNewCode(strike),
      );
      strike.world.clock.after(BREAKS_AGAIN_MS, () => breakWhatServes(strike));
    },
    checks: (strike) => judge(strike, 'Drill'),
  },
};
