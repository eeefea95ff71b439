import { listed } from '../../../contract/listed.ts';
import { counted } from '../../../rehearsal/command/duration.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import type { StreamRecord } from '../../../simulator/aws/dynamodb/stream.ts';
import type { Bench, Tried } from '../behaviours/bench.ts';
import { emulated } from '../behaviours/emulated.ts';
import { BEHAVIOURS } from '../behaviours/list.ts';
import { ours } from '../behaviours/ours.ts';
import { Models } from '../models/model.ts';
import { judgeStreams, mappingsOf } from '../models/streams.ts';
import type { Behaviour, Part, Report, Verdict } from '../part.ts';
import { ministack, moto } from '../tools/server.ts';
import { EVERYTHING } from './policies.ts';

/** Documented behaviours that the stack leans on, tried on ours and on two emulators. */
export const behaviours: Part = {
  about: 'documented behaviours of AWS, tried on the simulated AWS, on moto and on MiniStack',

  async run({ assemblies, python, directory, progress }): Promise<Report> {
    const assembly = await assemblies.of({ settings: { ...EVERYTHING, witness: { enabled: true } } });
    const simulated = await ours(assembly);
    const servers = [await moto(python)];
    try {
      servers.push(await ministack(python, directory));
      const [first, second] = await Promise.all(servers.map(emulated));
      if (!first || !second) throw new Error('an emulator is missing');
      const rows: Behaviour[] = [];
      const failed: string[] = [];
      for (const [n, tried] of BEHAVIOURS.entries()) {
        const said = await simulated.within(() => attempt(tried, simulated.bench));
        if (!tried.documented.includes(said))
          failed.push(
            `${tried.behaviour}: "${said}", documented ${listed(tried.documented, { rest: 'all of them: its list' })}`,
          );
        rows.push({
          behaviour: tried.behaviour,
          source: tried.source,
          ours: said,
          moto: shown(tried, await attempt(tried, first)),
          ministack: shown(tried, await attempt(tried, second)),
        });
        progress('behaviours', n + 1, BEHAVIOURS.length);
      }
      return {
        behaviours: rows,
        verdicts: [
          {
            asked: `whether the simulated AWS behaves as documented in ${rows.length} ways that the stack leans on`,
            of: `AWS's documentation; beside it ${servers.map(({ of }) => of).join(' and ')}`,
            said: failed.length === 0 ? 'in each; the table shows where the emulators do not' : failed.join('; '),
            ok: failed.length === 0,
          },
          streams(new Models(python.models), simulated.records, templateOf(assembly), python.version('botocore')),
        ],
      };
    } finally {
      await Promise.all(servers.map((each) => each.stop()));
    }
  },
};

/** What a function is handed of a stream is in no call: it is held against the models by itself. */
function streams(models: Models, records: readonly StreamRecord[], template: unknown, version: string): Verdict {
  const mappings = mappingsOf(template);
  const found = judgeStreams(models, records, mappings);
  return {
    asked: `${records.length} records of the stream of the simulated ledger, and the settings of ${counted(mappings.length, 'mapping')} of streams in the template`,
    of: `botocore ${version}: Record of DynamoDB Streams, CreateEventSourceMapping of Lambda`,
    said: found.length === 0 ? 'no deviation' : found.join('; '),
    ok: found.length === 0 && records.length > 0 && mappings.length > 0,
  };
}

/** A stand-in that fails at what leads up to the question has no answer to it. */
function attempt(tried: Tried, bench: Bench): Promise<string> {
  return tried.attempt(bench).catch((error: unknown) => `cannot be asked: ${(error as Error).name}`);
}

const shown = ({ documented }: Tried, said: string): string => (documented.includes(said) ? said : `**${said}**`);
