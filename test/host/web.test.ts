import { join } from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Facts = z.record(z.string(), z.unknown());

const EXPECTED = {
  installed: [0, ''],
  'before vol-0000000000000000a': 503,
  'before vol-0000000000000000b': 503,
  ...Object.fromEntries(
    ['alpha', 'beta'].flatMap((volume) => [
      [`format ${volume}`, [0, 'formatted']],
      [`mount ${volume}`, [0, 'mounted']],
      [`serve ${volume}`, [0, 'serving']],
      [`probe ${volume}`, [0, 'serving']],
    ]),
  ),
  links: { passwd: 403, slash: 403, 'other-volume': 403, 'other-link': 403, relative: 403, own: 403, canary: 403 },
  behindLinks: [404, 404, 404],
  hidden: [404, 404, 404, 404, 404, 404, 404, 404, 404, 404],
  other: {
    index: 200,
    course: 200,
    none: 404,
    directory: 403,
    unknown: 503,
    root: 404,
    dots: 200,
    health: 503,
    post: 405,
  },
  redirects: [
    [301, '/alpha/courses/one/'],
    [301, '/alpha/courses/one/?x=1'],
    [301, '/alpha/'],
    [301, '/beta/?x=/1'],
    [503, null],
  ],
  headers: ['no-cache', true, 'none', 'nginx'],
  revalidated: 304,
  range: 206,
  gzip: ['gzip', 'Accept-Encoding', true],
  types: ['model/gltf-binary', 'application/octet-stream', 'text/javascript'],
  logged: '198.51.100.7',
  hanging: ['nothing', 200, 200, 'serving'],
  awake: 200,
  downloads: 3,
  // Whoever downloads is cut off, and the other volume's client is not.
  releaseAlive: [0, 'released', false, 1],
  'mount again': [0, 'mounted'],
  'serve again': [0, 'serving'],
  'probe again': [0, 'serving'],
  dead: [500, 22, 'shutdown'],
  releaseDead: [0, 'released', false, 503, 200],
  'format next': [0, 'formatted'],
  'mount next': [0, 'mounted'],
  'serve next': [0, 'serving'],
  'probe next': [0, 'serving'],
  next: 200,
  released: [0, 'released', 503, 1],
  judged: [
    [0, ''],
    [0, ''],
    [0, ''],
    [0, ''],
  ],
};

realTest('the real nginx, with what is deployed, on real XFS', () => {
  const facts = Facts.parse(runScript(join(import.meta.dirname, 'web.script.ts')));
  if (typeof facts.unavailable === 'string') {
    if (process.env.CI === 'true') throw new Error(`CI must run this test, but: ${facts.unavailable}`);
    console.warn(`not run: ${facts.unavailable}`);
    return;
  }
  expect(facts).toEqual(EXPECTED);
});
