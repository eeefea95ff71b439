/** What `bundle` brings out of a copy, as tar(1) lists it: the same on both kinds of disk. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disks } from '../../../simulator/disks/disks.ts';
import { must } from '../../../simulator/disks/shell.ts';
import { SENT_ENV } from '../../../simulator/disks/software.ts';
import { keysOf, runVerb } from './support.ts';

const PATHS = [
  ...['/courses', '/courses/old-0/media', '/courses/none', '/courses/old-0/index.html/x'],
  ...['/../etc', 'etc'],
];

export function bundled(disks: Disks, host: string, volumeId: string): unknown {
  return PATHS.map((path) => one(disks, host, volumeId, path));
}

/** @returns exit code, state, and the names with sizes of what was sent. Nothing of `.remount`, which memory disks have not */
function one(disks: Disks, host: string, volumeId: string, path: string): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'bundled-'));
  const file = join(directory, 'sent.tar');
  const more = {
    SSM_Path: Buffer.from(path).toString('base64'),
    SSM_Key: 'bundles/one.tar',
    SSM_Bucket: 'bundles-of-a-stack',
    SSM_Region: 'eu-west-1',
    [SENT_ENV]: file,
  };
  try {
    const { exitCode, stdout } = runVerb(disks, host, 'bundle', { volume: 'alpha', volumeId, more });
    const { state, sha256 } = keysOf(stdout);
    if (!existsSync(file)) return [exitCode, state];
    const isWhole = createHash('sha256').update(readFileSync(file)).digest('hex') === sha256;
    const lines = must('tar', '--list', '--verbose', '--numeric-owner', '--file', file).split('\n');
    const listed = lines.map((line) => line.split(/\s+/)).map(([mode = '', , size, , , name]) => [mode[0], size, name]);
    return [exitCode, state, isWhole, listed.filter(([, , name = '']) => !name.startsWith('./.remount')).sort()];
  } finally {
    rmSync(directory, { recursive: true });
  }
}
