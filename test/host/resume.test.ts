import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { EXIT, LEDGER } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Facts = z.record(z.string(), z.unknown());
const LEFT = [EXIT.ok, 'left'];
const NO_ANSWER = [EXIT.timeout, 'timeout'];
/** Not mounted, no link; the marker stays, for a heal may come to nothing. */
const NOTHING = [false, false, true];

const ANSWERS = {
  'without a ledger': [EXIT.ok, ''],
  noLedger: [false, true, true],
  ...Object.fromEntries(
    [
      'no answer',
      'an entry that is not there',
      'an owner of no form',
      'half an answer',
      'an answer cut off',
      'a word too much',
      'two lines',
    ].map((name) => [name, NO_ANSWER]),
  ),
  ...Object.fromEntries(
    ['another volume', 'another owner', 'it is fenced', 'another is fenced'].map((name) => [name, LEFT]),
  ),
  'no answer: stands': NOTHING,
  'half an answer: stands': NOTHING,
  'another owner: stands': NOTHING,
  'it is fenced: stands': NOTHING,
  'it cannot learn its id': NO_ANSWER,
  'asked again': NO_ANSWER,
  tries: 3,
  resume: [EXIT.ok, 'serving'],
  'resume again': [EXIT.ok, 'serving'],
  probe: [EXIT.ok, 'serving'],
  served: [true, true, true, true, ['one']],
  'resume after a crash': [EXIT.ok, 'serving'],
  afterCrash: ['one'],
  'mounted by a heal': LEFT,
  'serve by a heal': [EXIT.ok, 'serving'],
  'released meanwhile': [EXIT.ok, EXIT.ok],
  releasedStands: [false, false, false],
  'resume after release': [EXIT.ok, ''],
  releasedForGood: [false, false, false],
  'release once more': [EXIT.ok, 'released'],
  order: [true, true],
  lost: [EXIT.ok, 'unmountable'],
  lostAsked: 1,
  'of another name': [EXIT.ok, 'foreign'],
  foreign: [false, false],
  'not attached': [EXIT.noDevice, 'noDevice'],
};

describe('a host that boots', () => {
  for (const shell of ['dash', 'bash'])
    realTest(`serves what the ledger says that it may, and nothing else, in ${shell}`, () => {
      expect(Facts.parse(runScript(join(import.meta.dirname, 'resume.script.ts'), shell))).toMatchObject(ANSWERS);
    });
});

test('a host asks for the item, and the attributes, that the ledger has', () => {
  const script = readFileSync(join(import.meta.dirname, '../../host/owner.sh'), 'utf8');
  const key = { [LEDGER.partitionKey]: { S: `${LEDGER.volume}$volume` }, [LEDGER.sortKey]: { S: LEDGER.state } };
  expect(script).toContain(JSON.stringify(key).replaceAll('"', '\\"'));
  expect(script).toContain(`--projection-expression 'currentVolume, volumeOwner, ${LEDGER.fencing}'`);
  expect(script).toContain('--consistent-read');
  const adapter = readFileSync(join(import.meta.dirname, '../../lambda/aws/dynamodb/ledger.ts'), 'utf8');
  for (const attribute of ['currentVolume', 'volumeOwner']) expect(adapter).toContain(`idOf(item, '${attribute}', `);
});
