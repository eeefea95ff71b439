import { broken, type Mutant } from './mutant.ts';

const BOUNDED = { promise: 'at most 3 looks are started, and none within a minute of another' } as const;

/** Of scenarios in which standbys ask the owner whether it serves. */
export const WITNESSES: readonly Mutant[] = [
  broken(
    'witness',
    'the starter may start the healer',
    {
      file: 'lib/witness/content-witness.ts',
      code: "['lambda:InvokeFunction']",
      instead: "['lambda:GetFunction']",
    },
    [{ promise: 'a witness started it' }],
  ),
  broken(
    'witness-only',
    'instances may say it',
    {
      file: 'lib/witness/content-witness.ts',
      code: "actions: ['dynamodb:PutItem'],\n      resourceArns",
      instead: "actions: ['dynamodb:GetItem'],\n      resourceArns",
    },
    [{ promise: 'a witness started it' }],
  ),
  broken(
    'false-witness',
    'a witness is not trusted without a look',
    {
      file: 'lambda/core/heal/begin.ts',
      code: "if (probe.state !== 'serving') return { word: probe };",
      instead: "if (probe.state !== 'believed') return { word: probe };",
    },
    [{ promise: 'a look ends with the word of the owner, before the lease' }],
  ),
  broken(
    'false-witness',
    'starts are bounded',
    {
      file: 'lambda/core/witness/decide.ts',
      code: 'if (before && now - before.at < pause)',
      instead: 'if (before && now - before.at < pause * 0)',
    },
    [BOUNDED],
  ),
  broken(
    'false-witness',
    'who is not the owner is nobody that a look is for',
    {
      file: 'lambda/core/witness/decide.ts',
      code: 'if (!ledger?.owner || ledger.owner !== said.owner)',
      instead: 'if (!ledger?.owner)',
    },
    [{ promise: 'no look is started for who is not the owner' }],
  ),
  broken(
    'witness-flaps',
    'a good answer ends the count',
    {
      file: 'witness/watch.ts',
      code: '    if (await this.#world.asks(owner, this.#volume)) {\n      this.#missed = 0;\n',
      instead: '    if (await this.#world.asks(owner, this.#volume)) {\n',
    },
    [{ promise: 'no look is started, for there were never three without an answer in a row' }],
  ),
  broken(
    'witness-partition',
    'after some looks that found nothing there is one an hour',
    {
      file: 'lambda/core/witness/decide.ts',
      code: 'looks < STARTS.freely ? STARTS.everyMs : STARTS.seldomMs;',
      instead: 'looks < 0 ? STARTS.seldomMs : STARTS.everyMs;',
    },
    [BOUNDED],
  ),
];
