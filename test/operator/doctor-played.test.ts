import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DAY_SETTINGS, withPeople } from '../../proof/permissions/people.ts';
import { Stacks } from '../../proof/permissions/survey.ts';
import { deleteKey, restoreKey, revokeKey } from '../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../simulator/aws/account/outages.ts';
import type { Services } from '../../simulator/aws/account/services.ts';

const MINUTE_MS = 60_000;

/** The endpoint of a service, as the simulated EC2 has it. */
function endpoint({ endpoints }: Services, service: string) {
  const found = [...endpoints.all.values()].find((each) => each.service.endsWith(`.${service}`));
  if (!found) throw new Error(`there is no endpoint for ${service}`);
  return found;
}

/** What is done to the day, and undone; and what the doctor says of it. */
const PLAYED: readonly (readonly [what: string, done: (s: Services) => () => void, says: RegExp])[] = [
  [
    'an endpoint that somebody deletes',
    (s) => {
      const gone = endpoint(s, 'ssm');
      s.endpoints.all.delete(gone.id);
      return () => void s.endpoints.all.set(gone.id, gone);
    },
    /^ {2}endpoints: the endpoint vpce-\S+ for ssm is not there any more: no command reaches a host\n {4}do: runbook: endpoints/m,
  ],
  [
    'an endpoint that is rejected',
    (s) => {
      const of = endpoint(s, 's3');
      of.state = 'rejected';
      return () => {
        of.state = 'available';
      };
    },
    /^ {2}endpoints: the endpoint vpce-\S+ for s3 is rejected, and not available: hosts get no software, .*\n {4}do: \S/m,
  ],
  [
    'an endpoint without its name',
    (s) => {
      const of = endpoint(s, 'monitoring');
      of.privateDns = false;
      return () => {
        of.privateDns = true;
      };
    },
    /^ {2}endpoints: the endpoint vpce-\S+ for monitoring has no private DNS name: .*\n {4}do: aws ec2 modify-vpc-endpoint/m,
  ],
  [
    'a key that is disabled',
    (s) => {
      revokeKey(s);
      return () => restoreKey(s);
    },
    /^ {2}key: the key arn:\S+ is disabled: .*\n {4}do: aws kms enable-key --key-id arn:\S+$/m,
  ],
  [
    'a key that is to be deleted',
    (s) => {
      deleteKey(s, 30);
      return () => restoreKey(s);
    },
    /^ {2}key: the key arn:\S+ is deleted on \S+Z, and .*\n {4}do: aws kms cancel-key-deletion --key-id arn:\S+; then /m,
  ],
];

test('what would keep the heal of a day that is held from working is found, each by itself, by who only looks', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  try {
    const stack = await new Stacks(directory).of(DAY_SETTINGS);
    await withPeople(stack, async ({ services, holders, run }) => {
      const sound = await run('doctor', holders.viewer);
      expect(sound).toMatchObject({ code: 0, text: expect.stringContaining('nothing found') });
      for (const [what, done, says] of PLAYED) {
        const undo = done(services);
        const { code, text } = await run('doctor', holders.viewer);
        expect([what, code, text]).toEqual([what, 1, expect.stringMatching(says)]);
        expect([what, text]).toEqual([what, expect.stringContaining('\n1 found:\n')]);
        undo();
      }
      for (const how of [OUTAGE.refuses, OUTAGE.denies]) {
        const { clock, faults } = services.cloud;
        faults.outages.set('kms', how, clock.now(), clock.now() + MINUTE_MS);
        const { code, text } = await run('doctor', holders.viewer);
        expect([how, code, text]).toEqual([
          how,
          1,
          expect.stringMatching(/^ {2}KMS: the key: could not describe the key: \S+: /m),
        ]);
        expect([how, text]).toEqual([how, expect.stringContaining('nothing found that would keep')]);
        faults.outages.set('kms', how, 0, 0);
      }
      expect(await run('doctor', holders.viewer)).toMatchObject({ code: 0 });
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
