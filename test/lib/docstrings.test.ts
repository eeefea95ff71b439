import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Offered, offeredBy } from './public-api.ts';
import { ROOT } from './support.ts';

const ENTRY_POINTS = ['lib/index.ts', 'lib/checks/index.ts'].map((file) => join(ROOT, file));
const OURS = ['lib/', 'contract/'].map((folder) => join(ROOT, folder));

const undocumented = (offered: readonly Offered[]) => offered.filter(({ says }) => !says).map(({ name }) => name);
const withoutDefault = (offered: readonly Offered[]) =>
  offered.filter(({ optional, byDefault }) => optional && !byDefault).map(({ name }) => name);

describe('what the package offers', () => {
  const offered = offeredBy(join(ROOT, 'tsconfig.build.json'), ENTRY_POINTS, OURS);
  const names = offered.map(({ name }) => name);

  test('is all looked at: what is picked of other props, inherited, static, or inferred from a schema as well', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'Remount',
        'RemountProps.email',
        'ContentVolume.metricServing',
        'Ledger.fromLedgerAttributes',
        'Settings.drills.prefer',
        'EXIT.ok',
        'VolumeRole',
        'readSettings',
        'ResilienceChecksProps.recoveryPoints',
      ]),
    );
    // Of packages, by `#`, and protected: none of it.
    const inLedger = names.filter((name) => name.startsWith('Ledger.')).map((name) => name.slice('Ledger.'.length));
    expect(inLedger.filter((name) => /^(node|key|.*#.*)$/.test(name))).toEqual([]);
    expect(offered.filter(({ optional }) => optional).length).toBeGreaterThan(50);
  });

  test('says what it is', () => expect(undocumented(offered)).toEqual([]));

  test('says what happens where a prop is left out', () => expect(withoutDefault(offered)).toEqual([]));
});

/** The check itself: each line of this is found that lacks something, and no other. */
test('what says nothing is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstrings-'));
  const [project, main] = [join(folder, 'tsconfig.json'), join(folder, 'main.ts')];
  writeFileSync(project, JSON.stringify({ compilerOptions: { noLib: true, types: [] }, files: ['main.ts'] }));
  writeFileSync(
    main,
    `/** Said. */
    export interface Props {
      /** Said. @default this */
      readonly said?: string;
      /** Said. */
      readonly noDefault?: string;
      /** Said. @default */
      readonly emptyDefault?: string;
      readonly required: { readonly inner: string };
    }
    type Pick<T, Name extends keyof T> = { readonly [Each in Name]: T[Each] };
    interface Hidden { readonly picked: string; readonly left: string }
    export interface Picked extends Pick<Hidden, 'picked'> {}
    /** Said. */
    export interface Known {
      /** Said here for all. */
      act(): void;
    }
    abstract class Base implements Known {
      act(): void {}
      protected shy(): void {}
      private hidden = '';
      #hidden = '';
    }
    /** Said. */
    export class Derived extends Base {
      static make(): void {}
      open = '';
    }
    export const TABLE = {
      silent: 1,
      /** Said. */
      said: 2,
    } as const;
    export type Name = keyof typeof TABLE;
    export function call(): void {}
    `,
  );
  const offered = offeredBy(project, [main], [folder]);
  expect(undocumented(offered)).toEqual([
    'Props.required',
    'Props.required.inner',
    'Picked',
    'Picked.picked',
    'Derived.open',
    'Derived.make',
    'TABLE',
    'TABLE.silent',
    'Name',
    'call',
  ]);
  expect(withoutDefault(offered)).toEqual(['Props.noDefault', 'Props.emptyDefault']);
});
