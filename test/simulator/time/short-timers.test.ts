import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../../simulator/time/clock.ts';

const START = 1_000_000;

/** What is said by activities, in the order in which they say it, until nothing goes on. */
async function heard(begin: (clock: VirtualClock, say: (what: string) => void) => void): Promise<string[]> {
  const clock = new VirtualClock(START);
  const said: string[] = [];
  begin(clock, (what) => said.push(`${clock.now() - START}: ${what}`));
  await clock.run(START + 1000);
  return said;
}

const timer = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('a short timer fires once nothing else goes on, at that instant of virtual time, the shortest first', async () => {
  const said = await heard((clock, say) =>
    clock.spawn('sets timers', async () => {
      setTimeout((what: string) => say(what), 21, 'third');
      setTimeout(() => say('second'), 20);
      await clock.sleep(5);
      say('first');
      await timer(50);
      say('last');
    }),
  );
  expect(said).toEqual(['5: first', '5: second', '5: third', '5: last']);
});

test('whoever waits for something real goes first', async () => {
  const said = await heard((clock, say) => {
    clock.spawn('has a timer', async () => {
      await timer(1);
      say('timer');
    });
    clock.spawn('waits for something real', async () => {
      await timer(51);
      say('real');
    });
  });
  expect(said).toEqual(['0: real', '0: timer']);
});

test('one that is cleared or whose owner has ended never fires; one that is set anew does', async () => {
  const said = await heard((clock, say) => {
    clock.spawn('ends', async () => {
      setTimeout(() => say('of one that has ended'), 20);
    });
    clock.spawn('goes on', async () => {
      clearTimeout(setTimeout(() => say('cleared'), 20));
      const again = setTimeout(() => say('again'), 20);
      clearTimeout(again);
      again.unref().refresh();
      await timer(30);
      say('end');
    });
  });
  expect(said).toEqual(['0: again', '0: end']);
});

test('a timer of nobody is left to Node', async () => {
  const began = performance.now();
  await timer(2);
  expect(performance.now() - began).toBeGreaterThan(1);
});
