/** What a host of memory disks does at boot: what `host/resume.sh` comes to, with one look. */
import { EXIT, VOLUME_ID } from '../../../contract/contract.ts';
import { LEDGER_ENV } from '../software.ts';
import { fail, ok, type VerbResult } from './answers.ts';

/** What is there after the boot, by content volume. */
export interface Marked {
  readonly volume: string;
  readonly volumeId: string;
  readonly mounted: boolean;
  /** What the web server would follow leads to it. */
  readonly linked: boolean;
  /** Takes the link away, for it leads to nothing. */
  unlink(): void;
  mount(): VerbResult;
  serve(): VerbResult;
}

/** Answers of the kernel, and of the volume itself: for a heal to judge. */
const VERDICTS: readonly number[] = [EXIT.shutdown, EXIT.unmountable, EXIT.noCanary, EXIT.unreadable, EXIT.foreign];

/** @param self the host's instance */
export function resume(self: string, env: Readonly<Record<string, string>>, marked: readonly Marked[]): VerbResult {
  const answers = new Map(
    (env[LEDGER_ENV] ?? '').split('\n').map((line) => [line.split('=')[0] ?? '', line.replace(/^[^=]*=/, '')]),
  );
  const all = marked.map((each) => {
    const of = `volume=${each.volume}\nvolumeId=${each.volumeId}\n`;
    const said = look(self, each, answers.get(each.volume) ?? '');
    const exitCode = VERDICTS.includes(said.exitCode) ? EXIT.ok : said.exitCode;
    return { exitCode, stdout: of + said.stdout, stderr: said.stderr };
  });
  return {
    exitCode: all.findLast((each) => each.exitCode !== EXIT.ok)?.exitCode ?? EXIT.ok,
    stdout: all.map((each) => each.stdout).join(''),
    stderr: all.map((each) => each.stderr).join(''),
  };
}

function look(self: string, each: Marked, answer: string): VerbResult {
  const left = (why: string) => ({
    ...ok('state=left'),
    stderr: `remount: ${each.volumeId} is not served by itself: ${why}\n`,
  });
  if (each.mounted) return each.linked ? each.serve() : left('somebody has mounted it');
  if (each.linked) each.unlink();
  const [current = '', owner = '', fencing = '', ...rest] = answer.split(' ');
  const instance = /^i-[0-9a-f]{8,17}$/;
  const whole = VOLUME_ID.test(current) && instance.test(owner) && (fencing === 'None' || instance.test(fencing));
  if (!whole || rest.length > 0) return fail('timeout', `the ledger does not answer: ${answer.replace('!', '')}`);
  if (fencing !== 'None') return left(`a heal fences ${fencing}`);
  if (owner !== self) return left(`the ledger names ${owner} as its owner`);
  if (current !== each.volumeId) return left(`the ledger names ${current}`);
  const mounted = each.mount();
  return mounted.exitCode === EXIT.ok ? each.serve() : mounted;
}
