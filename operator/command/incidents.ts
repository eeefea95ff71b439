import { buildCommand } from '@stricli/core';
import { incidentsText } from '../incidents/text.ts';
import { type Context, connected, document, FLAGS, type Flags, text } from './kit.ts';

export const incidents = buildCommand<Flags & { readonly most: number }, [string], Context>({
  docs: {
    brief: 'What happened to a content volume, the newest first',
    fullDescription:
      'Example: remount incidents alpha --most 3\nExit codes: 0 printed, also where nothing happened; 2 wrong usage; 4 it could not be asked.',
  },
  parameters: {
    flags: { ...FLAGS, most: { kind: 'parsed', parse: most, default: '10', brief: 'at most so many' } },
    positional: { kind: 'tuple', parameters: [{ parse: text, placeholder: 'VOLUME', brief: 'the content volume' }] },
  },
  async func(flags, volume) {
    const found = await (await connected(this, flags)).incidents(volume, flags.most);
    this.process.stdout.write(
      flags.json ? document({ schema: 1, volume, incidents: found }) : incidentsText(volume, found),
    );
  },
});

function most(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > MOST)
    throw new Error(`--most: received "${value}"; allowed: a whole number from 1 to ${MOST}`);
  return number;
}
const MOST = 1000;
