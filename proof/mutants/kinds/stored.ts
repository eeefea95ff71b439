import type { Slip } from './kind.ts';

const handler = { file: 'lambda/page/index.ts', test: 'lambda/handlers/page.test.ts' } as const;
const reader = { ...handler, file: 'lambda/page/recorded.ts' } as const;
const construct = { file: 'lib/pages/incident-pages.ts', test: 'lib/incident-pages.test.ts' } as const;

/** Of the pages of incidents that are stored by themselves. */
export const STORED: readonly Slip[] = [
  {
    slip: 'a record may say where a page is put',
    ...reader,
    code: ' && HEAL_ID.test(incident.id)',
    instead: '',
    named: 'a record of a heal that is a path is nothing',
  },
  {
    slip: 'a page may be put among those of another volume',
    ...reader,
    code: 'VOLUME_NAME.test(incident.volume) && ',
    instead: '',
    named: 'a record of a volume that is a path is nothing',
  },
  {
    slip: 'a record that no page can be made of holds up all behind it',
    ...handler,
    code: '    } catch {\n      return undefined;',
    instead: '    } catch (error) {\n      throw error;',
    named: 'logs a record that no page can be made of',
  },
  {
    slip: 'a page that S3 does not take is forgotten',
    ...handler,
    code: 'await pages.write(page.key, page.html);',
    instead: 'await pages.write(page.key, page.html).catch(() => {});',
    named: 'fails where S3 does not take a page',
  },
  {
    slip: 'pages stay for good',
    ...construct,
    code: '          expiration: this.keep,\n',
    instead: '',
    named: 'drops a page after a year',
  },
  {
    slip: 'heals that go on have a page',
    ...construct,
    code: "FilterRule.notEquals('open')",
    instead: "FilterRule.notEquals('none')",
    named: 'is handed records of heals that have ended',
  },
  {
    slip: 'the function may write anywhere in the bucket',
    ...construct,
    code: 'return this.bucket.arnForObjects(',
    instead: "return this.bucket.arnForObjects('*') ?? (",
    named: 'may put pages there, follow the ledger, and touch nothing else',
  },
  {
    slip: 'nobody is told how the page is had',
    file: 'lambda/core/message/heal-words.ts',
    test: 'lambda/core/message/render.test.ts',
    code: '    `As a page: ',
    instead: '    // `As a page: ',
    named: 'has the command for its page',
  },
];
