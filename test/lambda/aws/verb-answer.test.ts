import { type GetCommandInvocationResult, SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EXIT, HOST_VERBS, type HostVerb } from '../../../contract/contract.ts';
import { ssmHost } from '../../../lambda/aws/ssm/host.ts';
import { readAnswer } from '../../../lambda/aws/ssm/verb-answer.ts';

const ID = 'vol-0123456789abcdef0';
const CANARY = 'canary=2026-01-07T11:50:00Z\n';
const COUNTS = 'files=12\nlisted=10\nchecked=12\nunlisted=2\nchanged=0\nbytes=4096\naltered=0\n';

/** Tried by themselves; or of what is no verb on a volume, and is read elsewhere. */
const OTHERS: readonly string[] = ['ok', 'usage', 'mounting', 'overdue', 'unfetched', 'unwell'];

/** What each verb prints where all is well, in its order. */
const WELL: Readonly<Record<HostVerb, string>> = {
  probe: `volumeId=${ID}\n${CANARY}state=serving\n`,
  format: `state=formatted\nvolumeId=${ID}\n`,
  mount: `state=mounted\nvolumeId=${ID}\n`,
  verify: `volumeId=${ID}\n${CANARY}files=12\nfilesComplete=true\nstate=verified\n`,
  serve: `serving=${ID}\n${CANARY}state=serving\n`,
  release: `state=released\nvolumeId=${ID}\n`,
  grow: `state=grown\nvolumeId=${ID}\n`,
  check: `volumeId=${ID}\n${CANARY}${COUNTS}seconds=3\ncomplete=true\nstate=sound\n`,
  drain: `state=drained\nnumber=8\nhead=9\nfiles=3\nmissing=0\nupTo=2026-01-07T11:50:00.250Z\nvolumeId=${ID}\n`,
  follow: `state=following\nvolumeId=${ID}\n`,
  unused: `state=unused\nvolumeId=${ID}\n`,
  bundle: `volumeId=${ID}\nsha256=${'0f'.repeat(32)}\nstate=bundled\n`,
};

const succeeded = (StandardOutputContent?: string): GetCommandInvocationResult => ({
  Status: 'Success',
  ResponseCode: 0,
  ...(StandardOutputContent !== undefined && { StandardOutputContent }),
});
const failed = (ResponseCode: number, StandardOutputContent: string, StandardErrorContent = 'remount: why\n') => ({
  Status: 'Failed' as const,
  ResponseCode,
  StandardOutputContent,
  StandardErrorContent,
});
const read = (verb: HostVerb, seen: GetCommandInvocationResult) => readAnswer({ verb, volumeId: ID }, seen).result;

describe.each(HOST_VERBS)('the answer of %s', (verb) => {
  const well = WELL[verb];

  test('counts as it is, with keys that nobody knows, and without its last newline', () => {
    const parsed = readAnswer({ verb, volumeId: ID }, succeeded(`kernel=x\nkernel=y\n${well}`));
    expect(parsed).toMatchObject({ result: 'ok', values: { kernel: 'y' } });
    expect(read(verb, succeeded(well.trimEnd()))).toBe('ok');
  });

  test('is none where it was cut off, wherever that was', () => {
    for (let length = 0; length < well.length - 1; length++)
      expect([length, read(verb, succeeded(well.slice(0, length)))]).toEqual([length, 'unclear']);
    expect(read(verb, succeeded())).toBe('unclear');
    expect(read(verb, succeeded(`${'noise\n'.repeat(4000)}${well}`))).toBe('unclear');
  });

  test('is none of another volume', () => {
    expect(read(verb, succeeded(well.replaceAll(ID, 'vol-0fedcba9876543210')))).toBe('unclear');
    expect(readAnswer({ verb, volumeId: 'vol-0fedcba9876543210' }, succeeded(well)).result).toBe('unclear');
  });

  test('is none where it says two things, or something else than its exit code', () => {
    expect(read(verb, succeeded(`${well}state=shutdown\n`))).toBe('unclear');
    expect(read(verb, succeeded(`${well}${well}`))).toBe('unclear');
    expect(read(verb, succeeded('state=shutdown\n'))).toBe('unclear');
    expect(read(verb, failed(EXIT.shutdown, well))).toBe('unclear');
    expect(read(verb, { ...succeeded(well), ResponseCode: EXIT.shutdown })).toBe('unclear');
    expect(read(verb, failed(EXIT.shutdown, ''))).toBe('unclear');
    expect(read(verb, failed(EXIT.shutdown, 'state=unmountable\n'))).toBe('unclear');
    expect(read(verb, failed(EXIT.shutdown, 'volumeId=vol-0fedcba9876543210\nstate=shutdown\n'))).toBe('unclear');
  });

  test('is a failure where its exit code says so, and nobody knows the code', () => {
    for (const code of [-1, 0, 1, EXIT.usage, 70, 126, 137]) expect(read(verb, failed(code, well))).toBe('failed');
  });

  test('says nothing where Systems Manager gave up: the host did not answer, whatever its disk does', () => {
    for (const Status of ['TimedOut', 'Cancelled'] as const)
      expect(read(verb, { Status, StatusDetails: 'DeliveryTimedOut', StandardOutputContent: well })).toBe(
        'unreachable',
      );
  });

  test('that is any text at all is taken for ok only where it has all that is promised', () => {
    const lines = fc.constantFrom(...well.split(/(?<=\n)/), 'state=sound\n', 'volumeId=vol-1\n', 'files=\n', '\n');
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 12 }), (some) => {
        const ok = read(verb, succeeded(some.join(''))) === 'ok';
        if (ok)
          for (const line of well.split('\n'))
            if (!/^(altered|head|missing|upTo)|^$/.test(line)) expect(some.join('')).toContain(line);
      }),
    );
  });
});

test.each(Object.entries(EXIT).filter(([name]) => !OTHERS.includes(name)) as [string, number][])(
  'exit code of %s, with its state, is that',
  (name, code) => {
    const counted = name === 'altered' ? COUNTS : '';
    expect(read('check', failed(code, `volumeId=${ID}\n${counted}state=${name}\n`))).toBe(name);
  },
);

test.each(['shutdown', 'unmountable', 'noCanary', 'corrupt', 'altered', 'foreign'] as const)(
  'of no volume, %s is held against none, whichever verb said it',
  (name) => {
    const said = `${name === 'altered' ? COUNTS : ''}state=${name}\n`;
    for (const verb of HOST_VERBS) {
      expect([verb, read(verb, failed(EXIT[name], said))]).toEqual([verb, 'unclear']);
      expect([verb, read(verb, failed(EXIT[name], `${said}volumeId=${ID}\n`))]).toEqual([verb, name]);
      expect([verb, read(verb, failed(EXIT[name], `${said}volumeId=${ID.slice(0, -1)}`))]).toEqual([verb, 'unclear']);
    }
  },
);

describe('the check of a copy', () => {
  test.each([
    ['a count that is no number', 'files=12', 'files=twelve'],
    ['a count below nothing', 'checked=12', 'checked=-1'],
    ['a count that is not there', 'changed=0\n', ''],
    ['more that was checked than there is', 'checked=12', 'checked=13'],
    ['more that was checked, or waits for its turn, than there is', 'seconds=3', 'seconds=3\nresting=1'],
    ['a count in hexadecimal', 'files=12', 'files=0xc'],
    ['a count with a blank', 'files=12', 'files=12 '],
    ['a mark of bytes in front', 'volumeId', '\uFEFFvolumeId'],
    ['a canary without its second', '11:50:00Z', '11:50Z'],
    ['a canary of no day', '2026-01-07', '2026-13-07'],
    ['a canary of a day that its month has not', '2026-01-07', '2026-02-30'],
    ['a count that is NaN', 'files=12', 'files=NaN'],
    ['a volume of null', ID, 'null'],
    ['neither complete nor not', 'complete=true', 'complete=perhaps'],
  ])('is no answer with %s', (_, part, instead) => {
    expect(read('check', succeeded(WELL.check.replace(part, instead)))).toBe('unclear');
  });

  test('that finds content altered has its counts, or is no answer', () => {
    expect(read('check', failed(EXIT.altered, 'state=altered\n'))).toBe('unclear');
  });

  test.each([['unreadable'], ['manifests'], ['stored']])('may say %s, as a number', (key) => {
    expect(read('check', succeeded(`${key}=3\n${WELL.check}`))).toBe('ok');
    expect(read('check', succeeded(`${key}=some\n${WELL.check}`))).toBe('unclear');
  });
});

test('a mount that goes on says how far it is, or it is no answer', () => {
  expect(
    readAnswer({ verb: 'mount', volumeId: ID }, failed(EXIT.mounting, 'state=mounting\nprogress=9\n')),
  ).toMatchObject({ result: 'mounting', values: { progress: '9' } });
  expect(read('mount', failed(EXIT.mounting, 'state=mounting\n'))).toBe('unclear');
});

test('a probe that finds nothing of ours mounted says so, whatever its link led to', () => {
  expect(read('probe', failed(EXIT.notMounted, 'volumeId=vol-0fedcba9876543210\nstate=notMounted\n'))).toBe(
    'notMounted',
  );
});

test('a volume that is released, or fenced by its dead file system, is let go', () => {
  expect(read('release', succeeded(`state=fenced\nvolumeId=${ID}\n`))).toBe('ok');
});

describe('a host', () => {
  const said: GetCommandInvocationResult[] = [];
  const sent: string[] = [];
  beforeEach(() => {
    said.length = 0;
    sent.length = 0;
  });
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const ssm = new SSMClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  ssm.middlewareStack.add(
    (_, context) => async () => {
      const { commandName } = context as { commandName?: string };
      if (commandName === 'SendCommandCommand') sent.push('sent');
      const output = commandName === 'SendCommandCommand' ? { Command: { CommandId: 'c' } } : (said.shift() ?? {});
      return { output: { $metadata: {}, ...output }, response: {} } as never;
    },
    { step: 'deserialize', priority: 'high' },
  );
  const host = ssmHost(ssm, clock, Object.fromEntries(HOST_VERBS.map((verb) => [verb, verb])));

  test('that gives no answer is asked once more', async () => {
    said.push({ Status: 'InProgress' }, succeeded(''), succeeded(WELL.mount));
    expect((await host.mount('i-1', 'alpha', ID)).result).toBe('ok');
    expect(sent.length).toBe(2);
  });

  test('that gives none then has not answered', async () => {
    said.push(succeeded(''), succeeded('state=mounted\n'));
    const answer = await host.mount('i-1', 'alpha', ID);
    expect(answer).toMatchObject({ result: 'unreachable', detail: expect.stringContaining('volumeId is missing') });
    expect(sent.length).toBe(2);
  });

  test('whose probe speaks of another volume does not say that it serves', async () => {
    const other = succeeded(WELL.probe.replace(ID, 'vol-0fedcba9876543210'));
    said.push(other, other);
    expect((await host.probe('i-1', 'alpha', ID)).state).toBe('unreachable');
    said.push(succeeded(WELL.probe));
    expect((await host.probe('i-1', 'alpha', ID)).state).toBe('serving');
  });

  test('to which a command could not be delivered is unreachable, and nothing is said of its disk', async () => {
    said.push({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
    expect((await host.probe('i-1', 'alpha', ID)).state).toBe('unreachable');
    expect(sent.length).toBe(1);
  });
});
