import { buildCommand } from '@stricli/core';
import { quarantined } from '../quarantine/quarantine.ts';
import { quarantinedText } from '../quarantine/text.ts';
import { type Agreed, agree, YES } from './ask.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, text } from './kit.ts';

export const releaseQuarantine = buildCommand<Flags & Agreed, [string], Context>({
  docs: {
    brief: 'Lets go of a volume in quarantine, after it has shown what only that holds',
    fullDescription: [
      'Shows what took its place and up to when that has the data, and asks. The guard deletes it with its next rounds.',
      'Example: remount release-quarantine vol-0123456789abcdef0',
      'Exit codes: 0 the guard may delete it; 2 wrong usage; 3 refused, nothing was done; 4 it could not be asked; 130 Ctrl-C.',
    ].join('\n'),
  },
  parameters: {
    flags: { ...FLAGS, yes: YES },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: text, placeholder: 'VOLUME-ID', brief: 'as status prints it' }],
    },
  },
  async func(flags, id) {
    const { quarantine } = await connected(this, flags);
    await agree(quarantinedText(await quarantined(quarantine, id)), flags, this.process);
    // Whoever was asked may have taken an hour to answer.
    const found = await quarantined(quarantine, id);
    const over = whenInterrupted(
      () => `EC2 was asked to let go of ${id}, and has not answered: whether it did, remount status says`,
    );
    await quarantine.discard(found.volumeId).finally(over);
    this.process.stdout.write(
      flags.json ? document({ ...found, released: true }) : `${id} is let go of: the guard deletes it\n`,
    );
  },
});
