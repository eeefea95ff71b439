import { buildCommand } from '@stricli/core';
import { EXIT } from '../exit.ts';
import { gather } from '../status/gather.ts';
import { isWell } from '../status/status.ts';
import { statusText } from '../status/text.ts';
import { type Context, connected, document, FLAGS, type Flags, text } from './kit.ts';

export const status = buildCommand<Flags, [string?], Context>({
  docs: {
    brief: 'Since when content is safe, who has what, and what a person has to do',
    fullDescription:
      'Example: remount status alpha --json\nExit codes: 0 all is well; 1 somebody has to look; 2 wrong usage; 4 it could not be asked.',
  },
  parameters: {
    flags: FLAGS,
    positional: {
      kind: 'tuple',
      parameters: [{ parse: text, optional: true, placeholder: 'VOLUME', brief: 'only this content volume' }],
    },
  },
  async func(flags, volume) {
    const found = await gather((await connected(this, flags)).status, volume);
    this.process.stdout.write(flags.json ? document(found) : statusText(found));
    this.process.exitCode = isWell(found) ? EXIT.ok : EXIT.look;
  },
});
