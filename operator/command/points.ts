import { buildCommand } from '@stricli/core';
import { pointsText } from '../points/text.ts';
import { type Context, connected, document, FLAGS, type Flags, text } from './kit.ts';

export const points = buildCommand<Flags, [string], Context>({
  docs: {
    brief: 'Recovery points of a content volume: verdicts, evidence, what each would lose',
    fullDescription: [
      'Example: remount points alpha',
      'Exit codes: 0 printed; 2 wrong usage; 4 it could not be asked.',
    ].join('\n'),
  },
  parameters: {
    flags: FLAGS,
    positional: { kind: 'tuple', parameters: [{ parse: text, placeholder: 'VOLUME', brief: 'the content volume' }] },
  },
  async func(flags, volume) {
    const found = await (await connected(this, flags)).points(volume);
    this.process.stdout.write(flags.json ? document(found) : pointsText(found));
  },
});
