import { buildCommand } from '@stricli/core';
import { letGo, type Step } from '../quarantine/let-go.ts';
import { quarantined } from '../quarantine/quarantine.ts';
import { quarantinedText } from '../quarantine/text.ts';
import { type Agreed, agree, YES } from './ask.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, text } from './kit.ts';

/** What Ctrl-C leaves, by how far it was. */
function left(step: Step | undefined, id: string): string {
  switch (step?.does) {
    case 'detaches':
      return `EC2 was asked to detach ${id} from ${step.instanceId}, and may go on with that; it is kept: give the same command again`;
    case 'discards':
      return `EC2 was asked to let go of ${id}, and has not answered: whether it did, remount status says`;
    default:
      return 'Nothing was done';
  }
}

/** What takes a while, as it begins. */
function progress(step: Step, id: string): string {
  switch (step.does) {
    case 'asks':
      return `${step.instanceId} is asked whether it uses ${id}\n`;
    case 'detaches':
      return `EC2 is asked to detach ${id} from ${step.instanceId}\n`;
    case 'discards':
      return '';
  }
}

export const releaseQuarantine = buildCommand<Flags & Agreed, [string], Context>({
  docs: {
    brief: 'Lets go of a volume in quarantine, after it has shown what only that holds',
    fullDescription: [
      'Shows what took its place and up to when that has the data, and asks. The guard deletes it with its next rounds.',
      'A host that has it attached is asked first whether it uses it; what nobody uses is detached, never by force.',
      'Example: remount release-quarantine vol-0123456789abcdef0',
      'Exit codes: 0 the guard may delete it; 1 EC2 has not detached it yet; 2 wrong usage; 3 refused; 4 it could not be asked; 130 Ctrl-C.',
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
    let step: Step | undefined;
    const over = whenInterrupted(() => left(step, id));
    // Whoever was asked may have taken an hour to answer: it is looked at anew.
    const found = await letGo(quarantine, id, (begun) => {
      step = begun;
      this.process.stderr.write(progress(begun, id));
    }).finally(over);
    this.process.stdout.write(
      flags.json ? document({ ...found, released: true }) : `${id} is let go of: the guard deletes it\n`,
    );
  },
});
