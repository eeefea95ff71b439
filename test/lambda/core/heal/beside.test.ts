import { beforeEach, describe, expect, test } from '@jest/globals';
import { decide } from '../../../../lambda/core/heal/decide.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import { type SparePolicy, serveSpare } from '../../../../lambda/core/heal/spare.ts';
import { Journal } from '../../../../lambda/core/world/journal.ts';
import type { ProbeState, Spare, Trigger } from '../../../../lambda/core/world/model.ts';
import type { HostAnswer, Ports, Workflow } from '../../../../lambda/core/world/ports.ts';
import { Scene } from '../scene.ts';
import { NOW, point, probe, volume, world } from '../world.ts';

/** An owner that calls its file system shut down lets go of it while the spare is made ready (decision 49). */

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const FASTER: SparePolicy = { prefer: 'faster', maxAgeMinutes: 120 };
const OLD = 'vol-11111111';
const SPARE: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * 60_000 };
const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
const spareVolume = volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-40', attachments });

let scene: Scene;
let ports: Ports;
beforeEach(() => {
  scene = new Scene();
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  if (!ledger) throw new Error('the world has a ledger');
  const recoveryPoints = [point(10), point(40, { verdict: 'verified' })];
  const spared = { ...ledger, spare: SPARE, verifiedAt: SPARE.at };
  scene.seen = { ...rest, recoveryPoints, volumes: [...volumes, spareVolume], ledger: spared };
  ports = { ...scene.ports, journaled: true };
  for (const at of ['vol-spare on i-standby', 'vol-new1 on i-standby'])
    for (const term of [1, 2])
      scene.printed.set(`drain ${at} term ${term}`, { state: 'drained', number: '4', files: '0' });
  lets((before) => before());
});

/** What is let go is mounted nowhere: the probe says so from then on. */
function lets(release: (before: () => Promise<HostAnswer>) => Promise<HostAnswer>): void {
  const { release: plain } = scene.ports.host;
  Object.assign(scene.ports.host, {
    release: async (...args: Parameters<typeof plain>) => {
      if (args[2] !== OLD) return plain(...args);
      const answer = await release(() => plain(...args));
      if (answer.result === 'ok') scene.seen = { ...scene.seen, probe: probe('notMounted') };
      return answer;
    },
  });
}

async function serve(workflow: Workflow = scene.workflow) {
  const journal = new Journal(workflow, ports.clock);
  journal.guardBy(async () => undefined);
  return serveSpare({ ports, journal, healId: 'heal-1', volume: 'alpha' }, FASTER, []);
}

/** The function dies while the step runs, and it runs again. @param of it, what has come to an end when it dies */
function dyingIn(name: string, of: 'all' | 'nothing'): Workflow {
  let died = false;
  return {
    ...scene.workflow,
    step: async (step, run) => {
      if (step === name && !died) {
        died = true;
        if (of === 'all') await run();
      }
      return scene.workflow.step(step, run);
    },
  };
}

const later = () => new Promise((resolve) => setTimeout(resolve, 20));
const since = (what: string) => scene.did.slice(scene.did.indexOf(what) + 1);

describe('what is sealed, agreed on and served waits for both', () => {
  test('a fence that ends late', async () => {
    lets(async (release) => {
      await later();
      return release();
    });
    expect((await serve()).served).toBeDefined();
    expect(since('verify vol-spare')).toEqual([
      `release ${OLD}`,
      'raise term',
      'drain vol-spare on i-standby term 1',
      'commit',
      'serve vol-spare',
    ]);
  });

  test('a spare that is ready late', async () => {
    const { verify } = scene.ports.host;
    scene.ports.host.verify = async (...args) => {
      await later();
      return verify(...args);
    };
    expect((await serve()).served).toBeDefined();
    expect(since(`release ${OLD}`)).toEqual([
      'verify vol-spare',
      'raise term',
      'drain vol-spare on i-standby term 1',
      'commit',
      'serve vol-spare',
    ]);
  });

  test('whether the old owner flushed is passed on', async () => {
    scene.printed.set(`release ${OLD}`, { flushed: 'false' });
    expect((await serve()).served?.replacement.drained).toMatchObject({ flushed: false });
  });
});

describe('a fence beside it', () => {
  const uncertain = ['busy', 'unreachable', 'timeout', 'failed'] as const;
  test.each(uncertain)(
    'that is not certain is asked for again, and nothing is served without it: %s',
    async (result) => {
      scene.answers.set(`release ${OLD}`, result);
      // Whoever does not answer the one does not answer the other.
      const { release } = scene.ports.host;
      scene.ports.host.release = async (...args) => {
        const answer = await release(...args);
        if (args[2] === OLD) scene.seen = { ...scene.seen, probe: probe('unreachable') };
        return answer;
      };
      scene.stopsAs = 'stopping';
      expect((await serve()).served).toBeUndefined();
      expect(scene.did.filter((did) => did.startsWith(`release ${OLD}`)).length).toBeGreaterThan(1);
      expect(scene.did).toContain('stop i-owner');
      expect(scene.did).not.toContain('commit');
      expect(scene.term).toBe(0);
    },
  );

  test('that is not certain keeps the spare from serving until the owner is seen off', async () => {
    scene.answers.set(`release ${OLD}`, 'unreachable');
    expect((await serve()).served).toBeDefined();
  });

  test('of what somebody holds open is certain, for it takes no writes', async () => {
    scene.printed.set(`release ${OLD}`, { state: 'fenced' });
    expect((await serve()).served).toBeDefined();
    expect(scene.did.filter((did) => did === `release ${OLD}`)).toHaveLength(1);
  });
});

describe('what was shut down is not served again, though its owner says only that it is not mounted:', () => {
  test('where the spare is no good, the long way is gone', async () => {
    scene.answers.set('verify vol-spare', 'notMounted');
    scene.answers.set('mount vol-spare', 'unmountable');
    expect(await heal(scene.workflow, ports, ALARM, FASTER)).toMatchObject({ outcome: 'healed' });
    expect(scene.did).not.toContain(`mount ${OLD}`);
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-new1' });
    expect(scene.did).toContain(`quarantine ${OLD}`);
  });

  test.each(['all', 'nothing'] as const)('where the function dies in the step, of which %s was done', async (of) => {
    expect(await heal(dyingIn('prepare-spare', of), ports, ALARM, FASTER)).toMatchObject({ outcome: 'healed' });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
    expect(scene.did).not.toContain(`mount ${OLD}`);
  });

  test('where that heal never comes back, by the next one', async () => {
    scene.failing.add('raise term');
    await expect(serve()).rejects.toThrow('raise term');
    scene.failing.clear();
    expect(await heal(scene.workflow, ports, ALARM, FASTER)).toMatchObject({ outcome: 'healed' });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
  });

  test('and that is forgotten once something has taken over, or people have it served', async () => {
    await serve();
    expect(scene.shutDown).toBeUndefined();
    const seen = { ...world({ probe: probe('notMounted') }), ledger: scene.seen.ledger };
    const noted = (state: ProbeState, id: typeof OLD | 'vol-2') =>
      decide({ ...seen, probe: probe(state), ledger: seen.ledger && { ...seen.ledger, shutDown: id } }).kind;
    expect(noted('notMounted', OLD)).toBe('replace');
    expect(noted('unreachable', OLD)).toBe('replace');
    expect(noted('notMounted', 'vol-2')).toBe('mount');
    expect(noted('serving', OLD)).not.toBe('replace');
  });
});

test.each(['serving', 'notMounted', 'timeout', 'unreachable', 'unmountable', 'noCanary'] as const)(
  'an owner that says %s lets go of nothing while the spare is made ready',
  async (state) => {
    scene.seen = { ...scene.seen, probe: probe(state) };
    const { verify } = scene.ports.host;
    scene.ports.host.verify = async (...args) => {
      await later();
      expect(scene.did).not.toContain(`release ${OLD}`);
      return verify(...args);
    };
    await serve();
    expect(scene.did).toContain('verify vol-spare');
  },
);
