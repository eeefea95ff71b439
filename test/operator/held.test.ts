import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cloudFormationClient, dynamoClient, s3Client } from '../../lambda/aws/clients.ts';
import { dynamoLedger } from '../../lambda/aws/dynamodb/ledger.ts';
import { s3Pages } from '../../lambda/aws/pages.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import { outputsOf } from '../../operator/aws/stack.ts';
import { heldFile } from '../../simulator/held/read.ts';
import { node } from '../rehearsal/child.ts';
import { type Holding, holding } from './holding.ts';

const ROOT = join(import.meta.dirname, '../..');
const AS_NOBODY = { AWS_REGION: '', AWS_DEFAULT_REGION: '' };
const remount = (...args: readonly string[]) => node('operator/main.ts', args, AS_NOBODY);

const directory = mkdtempSync(join(tmpdir(), 'held-'));
/** A day that is held, as a newcomer starts it. */
let held: Holding;
beforeAll(async () => {
  held = await holding('spare');
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  held.end();
});

describe('a person at a rehearsal that is held', () => {
  test('sees at a glance that the spare has taken over, and that all is well', () => {
    const { code, stdout, stderr } = remount('status', '--rehearsal');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^alpha: served \(vol-\w+ on i-\w+\)$/m);
    expect(stdout).toMatch(/one of \d+ \w+ ago that a drill has mounted and read \(snap-/);
    expect(stdout).toMatch(/^ {2}quarantine vol-\w+: kept until remount release-quarantine$/m);
    expect(stdout).toMatch(/^ {2}messages {3}1 subscriber gets them$/m);
    expect(code).toBe(0);
  });

  test.each([
    ['status'],
    ['incidents', 'alpha'],
    ['incident', 'alpha'],
    ['points', 'alpha'],
    ['doctor'],
    ['report'],
    ['drill', 'alpha', '--yes'],
  ])('is left by who reads %s %s: it ends as it would have, without a word', async (...args) => {
    const given = [...args.filter(Boolean), '--rehearsal'];
    const { code } = remount(...given);
    const left = spawn(process.execPath, ['operator/main.ts', ...given], { cwd: ROOT, env: process.env });
    left.stdout.destroy();
    let said = '';
    left.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    expect(await new Promise((resolve) => left.once('close', resolve))).toBe(code);
    expect(said).not.toMatch(/EPIPE|Error|\bat /);
  });

  test('watches it until Ctrl-C, which ends with what was seen last', async () => {
    const args = ['operator/main.ts', 'status', 'alpha', '--rehearsal', '--watch', '--every', '1', '--json'];
    const watching = spawn(process.execPath, args, { cwd: ROOT, env: process.env });
    let printed = '';
    watching.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
      if (printed.split('\n').length > 2) watching.kill('SIGINT');
    });
    expect(await new Promise((resolve) => watching.once('close', resolve))).toBe(0);
    const [first, second] = printed.split('\n').map((line) => (line ? JSON.parse(line) : undefined));
    expect([first.schema, second.schema]).toEqual([1, 1]);
    expect(second.at).toBeGreaterThan(first.at);
  });

  test('ends a watch by closing the pipe', async () => {
    const args = ['operator/main.ts', 'status', '--rehearsal', '--watch', '--every', '1'];
    const watching = spawn(process.execPath, args, { cwd: ROOT, env: process.env });
    watching.stdout.destroy();
    expect(await new Promise((resolve) => watching.once('close', resolve))).toBe(0);
  });

  test.each([
    [['--watch', '--every', '0'], '--every: received "0"; allowed: whole seconds, 1 to 3600'],
    [['--watch', '--every', 'often'], '--every: received "often"; allowed: whole seconds, 1 to 3600'],
    [['--every', '5'], '--every: received 5 without --watch; allowed: together with it'],
  ])('is told what %j lacks', (args, line) => {
    const { code, stdout, stderr } = remount('status', '--rehearsal', ...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
  });

  test('has the same as data', () => {
    const { stdout } = remount('status', 'alpha', '--rehearsal', '--json');
    const { schema, volumes, unasked } = JSON.parse(stdout);
    expect({ schema, unasked }).toEqual({ schema: 1, unasked: [] });
    expect(volumes).toHaveLength(1);
    expect(volumes[0].quarantined).toHaveLength(1);
  });

  test('reads what happened, the newest first, and all of it over pages', () => {
    const { stdout } = remount('incidents', 'alpha', '--rehearsal', '--json', '--most', '1000');
    const { incidents } = JSON.parse(stdout) as { incidents: { startedAt: number; outcome: string }[] };
    expect(incidents.map((i) => i.outcome)).toContain('healed');
    const times = incidents.map((i) => i.startedAt);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(remount('incidents', 'alpha', '--rehearsal', '--most', '1').stdout.match(/\(heal /g)).toHaveLength(1);
  });

  test('has all of it in one file for whoever helps, which is never written over', () => {
    const file = join(directory, 'report.json');
    const told = remount('report', '--rehearsal', '--out', file);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const { schema, unasked, volumes, doctor, versions } = JSON.parse(readFileSync(file, 'utf8'));
    expect({ schema, unasked }).toEqual({ schema: 1, unasked: [] });
    expect(volumes.map((each: { volume: string }) => each.volume)).toEqual(['alpha', 'beta']);
    expect(volumes[0].points.points.length).toBeGreaterThan(0);
    expect(volumes[0].incidents.length).toBeGreaterThan(0);
    expect([doctor.schema, versions.length > 0]).toEqual([1, true]);
    const again = remount('report', '--rehearsal', '--out', file);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(
      /^--out: received .*; allowed: a file that is not there yet.* \(it is there already\)$/m,
    );
  });

  test('has one of them as text, as data and as a page, which says what it cannot know', () => {
    const { stdout } = remount('incidents', 'alpha', '--rehearsal', '--json');
    const { incidents } = JSON.parse(stdout) as { incidents: { id: string; outcome: string }[] };
    const { id = '' } = incidents.find(({ outcome }) => outcome === 'healed') ?? {};
    const file = join(directory, 'incident.html');
    const told = remount('incident', 'alpha', id, '--rehearsal', '--page', file);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toContain(`(heal ${id}, `);
    expect(told.stdout).toContain(`The page: ${file}\n`);
    const html = readFileSync(file, 'utf8');
    expect(html).toContain(`Incident ${id} of Remount in eu-west-1`);
    // It was made aside.
    expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
    expect(html).toContain('from the alarm');
    expect(html).toContain('Nobody has compared yet.');
    const { page } = JSON.parse(remount('incident', 'alpha', '--rehearsal', '--json').stdout);
    expect(page).toMatchObject({ schema: 1, volume: 'alpha', id: incidents[0]?.id });
  });

  test('of a heal without a record has the page that is stored, and without that what both say', async () => {
    const { readHeld } = await import('../../simulator/held/read.ts');
    const { heldRuntime } = await import('../../simulator/held/client.ts');
    const place = readHeld();
    if (!place) throw new Error('nothing is held');
    const runtime = heldRuntime(place, 'administrator') as Runtime;
    const outputs = await outputsOf(cloudFormationClient(runtime), place.stackName);
    const pages = s3Pages(s3Client(runtime), outputs.get('IncidentPagesBucket') ?? '');
    await pages.write('incidents/alpha/gone.html', '<p>as it was</p>');
    const file = join(directory, 'gone.html');
    const told = remount('incident', 'alpha', 'gone', '--rehearsal', '--page', file);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(
      /^ID: received gone; .*\nThe page, as it was stored: .*\(incidents\/alpha\/gone\.html\)\n$/,
    );
    expect(readFileSync(file, 'utf8')).toBe('<p>as it was</p>');
    const data = remount('incident', 'alpha', 'gone', '--rehearsal', '--json', '--page', file);
    expect(JSON.parse(data.stdout)).toMatchObject({ schema: 1, volume: 'alpha', stored: 'incidents/alpha/gone.html' });
    const none = remount('incident', 'alpha', 'never', '--rehearsal', '--page', file);
    expect(none.stderr).toMatch(
      /^ID: received never; .*; and no page of it is there, or it may not be read: .*AccessDenied/,
    );
    expect(none.code).toBe(4);
    const other = remount('incident', 'alpha', 'gone', '--rehearsal');
    expect(other).toMatchObject({ code: 2, stdout: '' });
  });

  test('a page that cannot be written is said in a line', () => {
    const { code, stderr } = remount('incident', 'alpha', '--rehearsal', '--page', join(directory, 'no', 'x.html'));
    expect(stderr).toContain('--page: ');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test.each([
    [['incident', 'alpha', 'nobody', '--rehearsal'], 'ID: received nobody; allowed of alpha: '],
    [['status', 'gamma', '--rehearsal'], 'VOLUME: received gamma; allowed: alpha, beta'],
    [['incidents', 'gamma', '--rehearsal'], 'VOLUME: received gamma; allowed: alpha, beta'],
    [
      ['incidents', 'alpha', '--rehearsal', '--most', '0'],
      '--most: received "0"; allowed: a whole number from 1 to 1000',
    ],
    [['release-quarantine', 'vol-1', '--rehearsal', '--yes'], 'VOLUME-ID: received vol-1; allowed: '],
    [['points', 'gamma', '--rehearsal'], 'VOLUME: received gamma; allowed: alpha, beta'],
    [['heal', 'gamma', '--rehearsal'], 'VOLUME: received gamma; allowed: alpha, beta'],
    [['drill', '--rehearsal'], 'VOLUME'],
    [['incidents', '--rehearsal'], 'VOLUME'],
    [['statsu'], 'did you mean `status`?; --help lists what there is'],
    [['status', '--regoin', 'x'], 'regoin'],
    [['status'], '--region: received nothing'],
  ])('is told what is wrong with %j, in a line', (args, says) => {
    const { code, stdout, stderr } = remount(...args);
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('sees each copy, and what it would lose', () => {
    const { code, stdout } = remount('points', 'alpha', '--rehearsal', '--json');
    const { schema, points } = JSON.parse(stdout) as { schema: number; points: Record<string, unknown>[] };
    expect({ code, schema }).toEqual({ code: 0, schema: 1 });
    expect(points[0]).toMatchObject({ verdict: 'verified', files: expect.any(Number), losesMs: expect.any(Number) });
    expect(points.filter(({ passedBy }) => passedBy === 'quarantined')).toHaveLength(1);
    expect(remount('points', 'alpha', '--rehearsal').stdout).toContain('never taken: quarantined');
  });

  test.each(['heal', 'drill'])('starts a %s and looks on until it ends', (kind) => {
    const { code, stdout, stderr } = remount(kind, 'alpha', '--rehearsal', '--yes', '--json');
    const { steps, outcome } = JSON.parse(stdout) as { steps: { name: string }[]; outcome: string };
    expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['begin', 'look']));
    expect(['sound', 'nothing', 'verified']).toContain(outcome);
    for (const { name } of steps) expect(stderr).toContain(` s  ${name}`);
    expect(code).toBe(0);
  });

  test('is not obeyed where nobody can be asked: one line after the plan, and nothing is started', () => {
    const { code, stdout, stderr } = remount('heal', 'alpha', '--rehearsal');
    expect(stderr).toMatch(/^--yes: received nothing, and there is no terminal/m);
    expect(stderr).not.toContain(' s  begin');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });

  test('ends the looking on with Ctrl-C, and hears that the heal goes on', async () => {
    const args = ['operator/main.ts', 'heal', 'alpha', '--rehearsal', '--yes'];
    const looking = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
    let said = '';
    looking.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes(' s  begin') && !looking.killed) looking.kill('SIGINT');
    });
    expect(await new Promise((resolve) => looking.once('close', resolve))).toBe(130);
    expect(said).toContain('the heal of alpha goes on: remount status alpha');
  });

  test('asks a doctor, who says what to do about each thing that he finds', () => {
    const { code, stdout } = remount('doctor', '--rehearsal', '--json');
    const { schema, findings, unasked } = JSON.parse(stdout) as {
      schema: number;
      findings: { do: string }[];
      unasked: [];
    };
    expect({ schema, unasked }).toEqual({ schema: 1, unasked: [] });
    for (const finding of findings) expect(finding.do).toMatch(/./);
    expect(code).toBe(findings.length === 0 ? 0 : 1);
  });

  /** Gives the command, and ends it with Ctrl-C as it says this. */
  async function cutOff(id: string, as: string) {
    const args = ['operator/main.ts', 'release-quarantine', id, '--rehearsal', '--yes'];
    const going = spawn(process.execPath, args, { cwd: ROOT, env: process.env });
    let said = '';
    going.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes(as) && !going.killed) going.kill('SIGINT');
    });
    const code = await new Promise((resolve) => going.once('close', resolve));
    return { code, last: said.trimEnd().split('\n').at(-1) };
  }

  test('lets go of a volume in quarantine that a host still has: cut off at each step, and given again until it is', async () => {
    const { volumes } = JSON.parse(remount('status', 'alpha', '--rehearsal', '--json').stdout);
    const [id = ''] = volumes[0].quarantined as string[];
    const current = volumes[0].current?.volumeId ?? '';
    expect(await cutOff(id, 'is asked whether')).toEqual({ code: 130, last: 'Nothing was done' });
    const asked = await cutOff(id, 'EC2 is asked to detach');
    expect(asked.code).toBe(130);
    expect(asked.last).toMatch(
      /^EC2 was asked to detach vol-\w+ from i-\w+, and may go on .*: give the same command again$/,
    );
    const { code, stdout, stderr } = remount('release-quarantine', id, '--rehearsal', '--yes', '--json');
    expect(stderr).toContain(`${id}, in quarantine, of alpha`);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, schema: 1, volumeId: id, released: true });
    const again = remount('release-quarantine', id, '--rehearsal', '--yes');
    expect(again.stderr).toMatch(/^VOLUME-ID: received vol-\w+(, which is let go of already.*)?; allowed: none/);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(remount('release-quarantine', current, '--rehearsal', '--yes').code).toBe(2);
    const { stdout: after } = remount('status', 'alpha', '--rehearsal', '--json');
    expect(JSON.parse(after).volumes[0]).toMatchObject({ quarantined: [], served: true });
  });

  test('another user of the machine is refused', async () => {
    const { readHeld } = await import('../../simulator/held/read.ts');
    const answer = await fetch(`http://127.0.0.1:${readHeld()?.port}/`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(403);
  });

  test.each(['heal', 'drill'])('is refused a %s while a heal has the lease, and hears whose', async (kind) => {
    const { readHeld } = await import('../../simulator/held/read.ts');
    const { heldRuntime } = await import('../../simulator/held/client.ts');
    const place = readHeld();
    if (!place) throw new Error('nothing is held');
    // Leases are written by no command.
    const runtime = heldRuntime(place, 'administrator') as Runtime;
    const outputs = await outputsOf(cloudFormationClient(runtime), place.stackName);
    const ledger = dynamoLedger(dynamoClient(runtime), outputs.get('LedgerTable') ?? '');
    const now = runtime.clock.now();
    await ledger.acquire('beta', 'somebody', now, now + 60_000);
    const { code, stderr } = remount(kind, 'beta', '--rehearsal', '--yes');
    await ledger.release('beta', 'somebody');
    expect(stderr).toMatch(/^beta: the heal somebody holds the lease until \S+; nothing was done$/m);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(3);
  });

  test('ends it with Ctrl-C, and nothing of it is left', async () => {
    const ended = new Promise((resolve) => held.child.once('exit', resolve));
    held.child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(heldFile())).toBe(false);
    const { code, stderr } = remount('status', '--rehearsal');
    expect(stderr).toContain('npm run rehearse -- --hold');
    expect(code).toBe(2);
  });
});
