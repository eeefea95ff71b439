import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Stage } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostSoftware } from '../../lib/host-software.ts';
import { contentUserData } from '../../lib/internal/user-data.ts';
import { Ledger } from '../../lib/ledger.ts';
import { ROOT, someStack, text } from './support.ts';

/** Far less than EC2 takes: what a team adds has room, and nothing is pasted in again unseen. */
const BUDGET_BYTES = 4096;

const stack = someStack();
/** As long as CloudFormation makes names of tables. */
const TABLE = `${'S'.repeat(51)}-LedgerTable9343E4AA-1ABCDEFGHIJKL`;
/** The longest name that a stack may have. */
const software = new HostSoftware(stack, 'Software', {
  stackName: 'S'.repeat(51),
  ledger: new Ledger(stack, 'Ledger', { key: new Key(stack, 'Key') }),
});
const script = text(stack.resolve(contentUserData(software).render()))
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is CloudFormation's.
  .replaceAll('${AWS::AccountId}', '123456789012')
  .replaceAll(/\$\{LedgerTable\w+\}/g, TABLE);
const archive = join(Stage.of(stack)?.assetOutdir ?? '', `asset.remount-host-${software.version}.tar`);
const folder = mkdtempSync(join(tmpdir(), 'user-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

test(`fits into ${BUDGET_BYTES} bytes`, () => {
  expect(Buffer.byteLength(script)).toBeLessThan(BUDGET_BYTES);
});

test('installs what the verbs need, and tries again for as long as it takes', () => {
  expect(script).toMatch(/^set -eu$/m);
  expect(script).toMatch(
    /^until dnf install -y nginx logrotate amazon-cloudwatch-agent xfsprogs .*; do sleep 10; done$/m,
  );
});

/**
 * Runs the script itself, below a directory of its own, with stand-ins for the machine's commands.
 * @param given what S3 answers with, one file a request, the last of them for all that follow
 */
function run(name: string, given: readonly string[]) {
  const host = join(folder, name);
  const commands = join(host, 'commands');
  mkdirSync(host);
  cpSync(join(ROOT, 'simulator/disks/xfs/commands'), commands, { recursive: true });
  given.forEach((file, i) => {
    if (file) cpSync(file, join(host, `answer.${i}`));
  });
  const command = (as: string, lines: string) => {
    writeFileSync(join(commands, as), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(commands, as), 0o755);
  };
  command('dnf', 'exit 0');
  // The verbs' own deadlines sleep, too.
  command('sleep', '[ "$1" = 10 ] || exec /bin/sleep "$1"');
  command(
    'aws',
    [
      'echo "$*" >>"$REMOUNT_ROOT/requests"',
      'for out in "$@"; do :; done',
      `n=$(($(wc -l <"$REMOUNT_ROOT/requests") - 1)); [ "$n" -lt ${given.length} ] || n=${given.length - 1}`,
      'cp "$REMOUNT_ROOT/answer.$n" "$out"',
    ].join('\n'),
  );
  const below = script
    .replaceAll('/opt/remount', `${host}/opt/remount`)
    .replaceAll('/srv/content', `${host}/srv/content`)
    .replaceAll('/var/lib/remount', `${host}/var/lib/remount`);
  writeFileSync(join(host, 'script'), below);
  const env = { PATH: `${commands}:${process.env.PATH}`, REMOUNT_ROOT: host, REMOUNT_DEADLINE: '60' };
  const ended = spawnSync('bash', [join(host, 'script')], { encoding: 'utf8', env, timeout: 100_000 });
  const read = (path: string) => (existsSync(join(host, path)) ? readFileSync(join(host, path), 'utf8') : '');
  return { ...ended, host, read };
}

describe('the script, run', () => {
  test('fetches the version by its name, verifies it, and sets it in force', () => {
    const { status, stdout, read, host } = run('plain', [archive]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(`version=${software.version}`) });
    expect(read('requests')).toBe(
      `s3api get-object --region eu-west-1 --bucket cdk-hnb659fds-assets-123456789012-eu-west-1 --key remount-host-${software.version}.tar ${host}/opt/remount/versions/.new/archive\n`,
    );
    expect(read('opt/remount/current/probe.sh')).toBe(readFileSync(join(ROOT, 'host/probe.sh'), 'utf8'));
    expect(read('etc/nginx/nginx.conf')).toContain('listen 80');
    expect(read('run/asked')).toMatch(/^systemctl enable --now remount-report.timer$/m);
    expect(read('run/asked')).toMatch(/^systemctl enable remount-resume.service$/m);
    expect(read('opt/remount/ledger')).toBe(`eu-west-1 ${TABLE}\n`);
  });

  test('takes nothing of another hash, nothing cut off, and asks again', () => {
    const other = join(folder, 'other');
    writeFileSync(other, Buffer.concat([readFileSync(archive), Buffer.from('x')]));
    const cut = join(folder, 'cut');
    writeFileSync(cut, readFileSync(archive).subarray(0, 5000));
    const { status, read } = run('wrong', [other, cut, '', archive]);
    expect(status).toBe(0);
    expect(read('requests').trim().split('\n')).toHaveLength(4);
    expect(read('opt/remount/applied').trim()).toBe(software.version);
  });
});
