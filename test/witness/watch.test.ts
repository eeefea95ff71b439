import { beforeEach, describe, expect, test } from '@jest/globals';
import { WATCH } from '../../contract/witness.ts';
import { Watch } from '../../witness/watch.ts';

let now: number;
let ledger: (string | undefined)[];
let answers: (asked: string) => boolean;
let asked: string[];
let read: number;
let said: string[];
let hears: boolean;
let watch: Watch;

beforeEach(() => {
  now = 0;
  ledger = ['i-owner'];
  answers = () => true;
  [asked, said, read, hears] = [[], [], 0, true];
  watch = new Watch(
    {
      self: 'i-self',
      now: () => now,
      asks: async (owner, volume) => {
        asked.push(`${owner} ${volume}`);
        return answers(owner);
      },
      owner: async () => {
        read++;
        const named = ledger.length > 1 ? ledger.shift() : ledger[0];
        if (named === 'silent') throw new Error('the ledger is silent');
        return named;
      },
      says: async (volume, owner) => {
        if (!hears) throw new Error('nobody hears');
        said.push(`${volume} ${owner} ${now}`);
      },
    },
    'alpha',
  );
});

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await watch.turn().catch(() => {});
    now += WATCH.askMs;
  }
}

describe('a standby that watches', () => {
  test('asks the owner that the ledger names, and reads the ledger now and then', async () => {
    await turns(31);
    expect(new Set(asked)).toEqual(new Set(['i-owner alpha']));
    expect([asked.length, read, said]).toEqual([31, 3, []]);
  });

  test('says at the third miss that it does not answer, and again after a minute', async () => {
    answers = () => false;
    await turns(2);
    expect(said).toEqual([]);
    await turns(1);
    expect(said).toEqual(['alpha i-owner 4000']);
    await turns(29);
    expect(said.length).toBe(1);
    await turns(2);
    expect(said).toEqual(['alpha i-owner 4000', 'alpha i-owner 64000']);
  });

  test('asks again sooner once it has missed an answer, until it has said so or has a good one', async () => {
    const pauses: number[] = [];
    for (const well of [true, false, false, true, false, false, false, false]) {
      answers = () => well;
      await watch.turn();
      pauses.push(watch.pauseMs);
    }
    const { askMs, soonMs } = WATCH;
    expect(pauses).toEqual([askMs, soonMs, soonMs, askMs, soonMs, soonMs, askMs, askMs]);
    expect(said).toHaveLength(1);
  });

  test('counts anew after a good answer', async () => {
    const given = [false, false, true, false, false, true];
    answers = () => given.shift() ?? true;
    await turns(10);
    expect(said).toEqual([]);
  });

  test.each([
    ['itself', 'i-self'],
    ['nobody, or somebody is being fenced', undefined],
  ])('asks nobody where the ledger names %s', async (_, named) => {
    ledger = [named];
    await turns(5);
    expect(asked).toEqual([]);
  });

  test('says nothing of who is not the owner any more, and counts anew for who is', async () => {
    answers = (owner) => owner !== 'i-owner';
    ledger = ['i-owner', 'i-other'];
    await turns(20);
    expect(said).toEqual([]);
    expect(asked.slice(0, 4)).toEqual(['i-owner alpha', 'i-owner alpha', 'i-owner alpha', 'i-other alpha']);
    answers = () => false;
    await turns(2);
    expect(said).toEqual([]);
    await turns(1);
    expect(said.length).toBe(1);
  });

  test('says nothing while the ledger does not answer, nor twice where nobody hears it', async () => {
    answers = () => false;
    ledger = ['i-owner', 'silent', 'silent', 'i-owner'];
    await turns(4);
    expect(said).toEqual([]);
    hears = false;
    await turns(3);
    hears = true;
    await turns(1);
    expect(said.length).toBe(1);
  });
});
