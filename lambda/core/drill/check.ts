import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Instance } from '../world/model.ts';
import type { HostAnswer } from '../world/ports.ts';
import type { DrillPorts } from './ports.ts';
import type { Portion } from './reading.ts';
import type { DrillRun } from './run.ts';
import { type Neighbourhood, turnOf } from './turn.ts';

/** The check ends by itself before this (`host/check.sh`, 1500 s). */
const CHECK_SECONDS = 1620;
const LOOK_SECONDS = 15;
/** Between two looks at the queue: most checks take minutes, and each of those who wait asks EC2. */
const QUEUE_SECONDS = 20;
/** How often a check that was stopped is started again in one drill: a heal mounts and serves within a minute. */
const STARTED_AGAIN = 4;

interface Checked {
  readonly host?: Instance;
  readonly answer?: HostAnswer;
  /** Why there is no answer. */
  readonly why?: string;
}

/** What a copy is attached to a standby for: a command that takes long, and nobody waits for it meanwhile. */
export interface Work {
  readonly name: 'check' | 'bundle';
  /** @returns the id of the command; without it, why it was not started */
  start(instanceId: InstanceId): Promise<{ readonly commandId?: string; readonly why: string }>;
  /** @returns `undefined` while it runs */
  answer(instanceId: InstanceId, commandId: string): Promise<HostAnswer | undefined>;
}

/** Waits for its turn on a standby, and has the copy checked there. */
export async function checkSomewhere(
  run: DrillRun,
  volumeId: VolumeId,
  portion: Portion | undefined,
): Promise<Checked> {
  const { ports, journal, volume } = run;
  return workSomewhere(run, volumeId, async () => {
    // Successive numbers, one for each check: where it has no time for all files, it goes on where the one before ended.
    const number = await journal.act('number', () => ports.ledger.countDrill(volume));
    return {
      name: 'check',
      start: (instanceId) => ports.host.startCheck(instanceId, volume, volumeId, number, portion),
      answer: (instanceId, commandId) => ports.host.checkAnswer(instanceId, volumeId, commandId),
    };
  });
}

/** A run of whatever works on a copy. */
export type CopyRun = Pick<DrillRun, 'journal' | 'volume' | 'until'> & {
  readonly ports: Pick<DrillPorts, 'clock' | 'compute' | 'deviceNames' | 'ledger'>;
};

/**
 * Waits for its turn on a standby, and has the work done there. Work that was stopped is started again; what the host
 * refuses, because a check is under way there, waits for its turn once more.
 */
export async function workSomewhere(run: CopyRun, volumeId: VolumeId, workOf: () => Promise<Work>): Promise<Checked> {
  const { ports, journal } = run;
  let refused: string | undefined;
  for (let stopped = 0; ; ) {
    const { host, why } = await awaitTurn(run, volumeId, refused);
    if (!host) return { why };
    const attached = await journal.act(
      'attach',
      () => ports.compute.attach(volumeId, host.id),
      (done) => `${volumeId} to ${host.id}: ${done}`,
    );
    if (attached !== 'attached') return { why: `${volumeId} cannot be attached to ${host.id}` };
    const answer = await runOn(host.id, await workOf(), run);
    refused = refusal(answer, host);
    if (refused !== undefined) continue;
    // Somebody's heal had the host to himself. To wait for the next sweep would make the newest verified copy ten minutes older.
    if (answer.result !== 'interrupted' || stopped++ >= STARTED_AGAIN) return { host, answer };
    await journal.pause('await-host', LOOK_SECONDS);
  }
}

/** The queue is read from lists, and a list may lack what is there (`turn.ts`): the host knows what it does. */
function refusal({ result, values }: HostAnswer, host: Instance): string | undefined {
  return result === 'busy' && values.checking !== undefined ? `${host.id} checks ${values.checking}` : undefined;
}

/** @param refused why a host that this drill went to did not take it */
async function awaitTurn(
  { ports, journal, volume, until }: CopyRun,
  volumeId: VolumeId,
  refused: string | undefined,
): Promise<{ readonly host?: Instance; readonly why: string }> {
  for (let reason = refused; ; reason = undefined) {
    const { turn, late } = await journal.act('turn', async () => {
      const [near, ledger, instances] = await Promise.all([
        neighbourhood(ports, volume),
        ports.ledger.read(volume),
        ports.compute.instances(),
      ]);
      const seen = { volume, ledger, instances, volumes: near.volumes.filter((v) => v.of === volume) };
      const late = ports.clock.now() + CHECK_SECONDS * 1000 >= until;
      return { turn: turnOf(seen, volumeId, near), late };
    });
    const why = reason ?? (turn.kind === 'wait' ? turn.reason : '');
    if (turn.kind === 'go' && why === '') return { host: turn.host, why };
    // There would be no time for the check any more. The next drill goes on with this volume, which is the oldest then.
    if (late) return { why };
    await journal.pause('await-turn', QUEUE_SECONDS);
  }
}

async function neighbourhood(ports: CopyRun['ports'], volume: string): Promise<Neighbourhood> {
  const volumes = await ports.compute.neighbours();
  const others = new Set(volumes.filter((v) => v.role === 'scratch' && v.of !== volume).map((v) => v.of));
  const now = ports.clock.now();
  const drilled = await Promise.all(
    [...others].map(async (of) => ((await ports.ledger.isDrilled(of, now)) ? [of] : [])),
  );
  return { deviceNames: ports.deviceNames, volumes, drilling: drilled.flat() };
}

/** Runs it, and looks for its answer now and then: a large volume takes long, and nothing waits for it meanwhile. */
async function runOn(instanceId: InstanceId, work: Work, { journal }: CopyRun): Promise<HostAnswer> {
  const { name } = work;
  const started = await journal.act(`start-${name}`, () => work.start(instanceId));
  const { commandId } = started;
  if (!commandId) return { result: 'unreachable', values: {}, detail: started.why };
  for (let waited = 0; waited < CHECK_SECONDS; waited += LOOK_SECONDS) {
    await journal.pause(`await-${name}`, LOOK_SECONDS);
    const seen = await journal.act(`look-at-${name}`, async () => ({
      answer: await work.answer(instanceId, commandId),
    }));
    if (seen.answer) return seen.answer;
  }
  return { result: 'unreachable', values: {}, detail: `no answer within ${CHECK_SECONDS} s` };
}
