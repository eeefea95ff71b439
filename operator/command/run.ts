import { randomUUID } from 'node:crypto';
import { buildCommand } from '@stricli/core';
import { OUTPUT } from '../../contract/outputs.ts';
import { exitOf, follow } from '../run/follow.ts';
import { planText, resultText, stepText } from '../run/text.ts';
import { gather, type StatusPorts } from '../status/gather.ts';
import type { VolumeStatus } from '../status/status.ts';
import { type Agreed, agree, refused, YES } from './ask.ts';
import { whenInterrupted } from './interrupt.ts';
import { type Context, connected, document, FLAGS, type Flags, text, usage } from './kit.ts';

const FUNCTION = { heal: OUTPUT.healer, drill: OUTPUT.drill } as const;
const BRIEF = {
  heal: 'Starts a heal of a content volume, and looks on until it ends',
  drill: 'Starts a drill of its newest copy, and looks on until it ends',
} as const;

/** What Ctrl-C leaves, by how far it was. */
const INTERRUPTED = {
  asking: () => 'Nothing was done',
  starting: (kind: string, volume: string) =>
    `Lambda was asked for a ${kind} of ${volume}, and has not answered: whether it runs, remount status ${volume} says`,
  begun: (kind: string, volume: string) =>
    `Nobody looks on any more; the ${kind} of ${volume} goes on: remount status ${volume}`,
} as const;

/** How the volume stands, which no heal holds. @throws Failed where one does, or it cannot be seen */
async function free(status: StatusPorts, volume: string): Promise<VolumeStatus> {
  const found = await gather(status, volume);
  const of = found.volumes.find((each) => each.volume === volume);
  const unread = found.unasked.find(({ what }) => what.startsWith('EC2: volumes') || what.startsWith('the ledger'));
  if (!of || unread) throw new Error(unread?.why ?? `${volume} could not be looked at`);
  if (!of.heal) return of;
  const until = new Date(of.heal.until).toISOString();
  throw refused(`${volume}: the heal ${of.heal.healId} holds the lease until ${until}; nothing was done`);
}

const command = (kind: keyof typeof FUNCTION) =>
  buildCommand<Flags & Agreed, [string], Context>({
    docs: {
      brief: BRIEF[kind],
      fullDescription: [
        'Shows the plan and asks. Steps go to standard error; with --json, one document comes at the end.',
        `Ctrl-C ends the looking on; the ${kind} goes on.`,
        `Example: remount ${kind} alpha`,
        'Exit codes: 0 it ended well; 1 somebody has to look; 2 wrong usage; 3 refused, nothing was done; 4 it could not be asked; 130 Ctrl-C.',
      ].join('\n'),
    },
    parameters: {
      flags: { ...FLAGS, yes: YES },
      positional: { kind: 'tuple', parameters: [{ parse: text, placeholder: 'VOLUME', brief: 'the content volume' }] },
    },
    async func(flags, volume) {
      const { status, outputs, follow: ports } = await connected(this, flags);
      const of = await free(status, volume);
      const name = outputs.get(FUNCTION[kind]);
      if (!name)
        throw usage(
          `--stack: received ${status.stack}, which has no ${FUNCTION[kind]}; allowed: a stack with ${kind}s${kind === 'drill' ? ' (its setting drills.enabled)' : ''}`,
        );
      const { stderr, stdout } = this.process;
      let so = 'asking' as keyof typeof INTERRUPTED;
      const over = whenInterrupted(() => INTERRUPTED[so](kind, volume));
      try {
        await agree(planText(kind, of, status.now()), flags, this.process);
        // Whoever was asked may have taken an hour to answer.
        await free(status, volume);
        so = 'starting';
        const startedAt = status.now();
        const what = { kind, volume, function: name, name: `person-${randomUUID()}` };
        const ended = await follow(ports, what, {
          accepted: () => {
            so = 'begun';
          },
          step: (step) => stderr.write(stepText(step, startedAt)),
        });
        stdout.write(flags.json ? document(ended) : resultText(ended));
        this.process.exitCode = exitOf(ended);
      } catch (error) {
        if (so === 'begun') stderr.write(`${INTERRUPTED.begun(kind, volume)}\n`);
        throw error;
      } finally {
        over();
      }
    },
  });

export const heal = command('heal');
export const drill = command('drill');
