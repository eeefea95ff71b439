import { buildCommand } from '@stricli/core';
import { OUTPUT } from '../../contract/outputs.ts';
import { diagnose, isSound } from '../doctor/doctor.ts';
import { diagnosisText } from '../doctor/text.ts';
import { EXIT } from '../exit.ts';
import { gather } from '../status/gather.ts';
import { type Context, connected, document, FLAGS, type Flags } from './kit.ts';

export const doctor = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'What could keep a heal from working tonight, each with what to do',
    fullDescription: [
      'Example: remount doctor',
      'Exit codes: 0 nothing found; 1 something found, or something could not be asked; 2 wrong usage; 4 it could not be asked at all.',
    ].join('\n'),
  },
  parameters: { flags: FLAGS },
  async func(flags) {
    const { status, outputs, doctor: ask } = await connected(this, flags);
    const [found, seen] = await Promise.all([gather(status), ask()]);
    const diagnosis = diagnose(found, { ...seen, drills: outputs.has(OUTPUT.drill) });
    this.process.stdout.write(flags.json ? document(diagnosis) : diagnosisText(diagnosis));
    this.process.exitCode = isSound(diagnosis) ? EXIT.ok : EXIT.look;
  },
});
