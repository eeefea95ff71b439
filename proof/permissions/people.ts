import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttachVolumeCommand, CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { run as runApp } from '@stricli/core';
import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { PAGE_PREFIX, pageKey } from '../../contract/incident-pages.ts';
import { OUTPUT } from '../../contract/outputs.ts';
import { app } from '../../operator/command/app.ts';
import type { Place } from '../../operator/connect.ts';
import { peopleOf } from '../../rehearsal/world/hold.ts';
import { rehearse } from '../../rehearsal/world/rehearse.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { openDisks } from '../../simulator/disks/open.ts';
import { heldRuntime } from '../../simulator/held/client.ts';
import { HeldCloud } from '../../simulator/held/server.ts';
import { Random } from '../../simulator/time/random.ts';
import type { Stack } from './survey.ts';

/** A day after which each command has something to do: a spare has taken over, so something is in quarantine. Courses are uploaded there, too. */
const DAY = 'spare';
export const DAY_SETTINGS = { intake: { enabled: true } };
const VOLUME = 'alpha';
/** A heal of which nothing but its page is there. */
const GONE = 'gone';
/** More than a part of an upload: it goes in parts. */
const COURSE_BYTES = 9 * 2 ** 20;
const ATTACHED_MS = 60_000;
/** What was uploaded before is answered and hidden by then. */
const ANSWERED_MS = 60_000;
/** More than a client makes of one call. */
const MOST_TRIES = 100;

/** By whose policy something is asked. */
export const WHO = ['operator', 'viewer'] as const;
export type Who = (typeof WHO)[number];

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** Somebody at a terminal, in the simulated AWS of a day that is held. */
export interface People {
  readonly services: Services;
  /** Whoever has the policy of the stack attached, and no other. */
  readonly holders: Readonly<Record<Who, Principal>>;
  /** Runs a command of {@link COMMANDS}. @param as in the name of whom, and by whose statements */
  run(command: Command, as: Principal): Promise<Said>;
}

export type Command = keyof typeof COMMANDS;

/**
 * Every command that asks AWS, as it is typed, and who may run it; `spares` are actions without which it does its work all the same, in another way.
 * `COURSE` and `RESTORED` are directories, `PAGE` is a file, and `QUARANTINED` is a volume.
 */
export const COMMANDS = {
  status: { args: ['status'], who: WHO },
  incidents: { args: ['incidents', VOLUME], who: WHO },
  // It is looked for among records, and then among pages.
  incident: { args: ['incident', VOLUME, GONE, '--page', 'PAGE'], who: WHO },
  points: { args: ['points', VOLUME], who: WHO },
  doctor: { args: ['doctor'], who: WHO },
  report: { args: ['report'], who: WHO },
  heal: { args: ['heal', VOLUME, '--yes'], who: ['operator'] },
  drill: { args: ['drill', VOLUME, '--yes'], who: ['operator'] },
  upload: {
    args: ['upload', 'COURSE', VOLUME, '--yes'],
    who: ['operator'],
    // All of it is uploaded then, and it says why.
    spares: ['s3:ListBucketMultipartUploads', 's3:ListMultipartUploadParts', 's3:ListBucketVersions'],
  },
  restore: {
    args: ['restore', VOLUME, 'courses', '--at', '0s', '--to', 'RESTORED', '--replace', '--yes'],
    who: ['operator'],
  },
  'restore --from-copy': {
    args: ['restore', VOLUME, 'courses', '--at', '0s', '--from-copy', '--to', 'RESTORED', '--replace', '--yes'],
    who: ['operator'],
  },
  'release-quarantine': { args: ['release-quarantine', 'QUARANTINED', '--yes'], who: ['operator'] },
} as const satisfies Record<
  string,
  { readonly args: readonly string[]; readonly who: readonly Who[]; readonly spares?: readonly string[] }
>;

/** Plays the day, and holds it while `use` runs commands there. @throws Error where the day breaks a promise by itself */
export async function withPeople<T>(stack: Stack, use: (people: People) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'people-'));
  const disks = openDisks({ kind: 'memory' });
  let held: HeldCloud | undefined;
  try {
    let opened: Services | undefined;
    const quiet = () => {};
    const listener = { progress: quiet, happening: quiet, quote: quiet };
    const { ok } = await rehearse({ scenario: DAY, seed: 1 }, stack.assembly, disks, {
      ...listener,
      opened: (services) => {
        opened = services;
      },
    });
    const services = opened;
    if (!ok || !services) throw new Error(`the day ${DAY} breaks a promise by itself`);
    const { stackName } = stack.assembly;
    const holders = peopleOf(services, stackName);
    /** Who runs the command that runs just now. */
    let now: Principal = holders.operator;
    const somebody: Principal = {
      get name() {
        return now.name;
      },
      statements: () => now.statements(),
    };
    held = new HeldCloud(services.cloud, { operator: somebody, viewer: somebody });
    const place = await held.open(stackName);
    const course = join(directory, 'course');
    mkdirSync(course);
    writeFileSync(join(course, 'index.bin'), new Random(1, 'course').bytes(COURSE_BYTES));
    const administrator = heldRuntime(place, 'administrator');
    readyPage(services, stackName);
    const quarantined = readyQuarantine(services, administrator);
    const cut = readyUpload(services, { stack: stackName, region: place.region, runtime: administrator }, course);
    const words: Readonly<Record<string, string>> = {
      COURSE: course,
      QUARANTINED: quarantined.id,
      RESTORED: join(directory, 'restored'),
      PAGE: join(directory, 'page.html'),
    };
    return await use({
      services,
      holders,
      async run(command, as) {
        now = as;
        if (command === 'release-quarantine') await quarantined.again();
        if (command === 'upload') await cut.again();
        const { args } = COMMANDS[command];
        const typed = [...args.map((word) => words[word] ?? word), '--rehearsal'];
        return typedAt({ stack: stackName, region: place.region, runtime: heldRuntime(place) }, typed);
      },
    });
  } finally {
    await held?.close();
    disks.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs a command as `operator/main.ts` does, in this process. */
async function typedAt(place: Place, args: readonly string[]): Promise<Said> {
  let text = '';
  const stream = {
    write(chunk: string) {
      text += chunk;
    },
  };
  const process: { stdout: typeof stream; stderr: typeof stream; exitCode?: number | string | null } = {
    stdout: stream,
    stderr: stream,
  };
  await runApp(app, args, { process, env: {}, rehearsal: async () => place });
  return { code: Number(process.exitCode), text };
}

/** A volume in quarantine, at the host that has it since the day, and what brings it back there once somebody has let go of it. */
function readyQuarantine({ ec2 }: Services, { clock, clients, prepare }: Place['runtime']) {
  const client = prepare(new EC2Client({ ...clients }));
  const found = [...ec2.volumes.values()].find(({ tags }) => tags[TAG.role] === VOLUME_ROLE.quarantined);
  if (!found?.attachment) throw new Error(`after the day ${DAY} nothing is in quarantine at a host`);
  const { id, attachment } = found;
  const back = { VolumeId: id, InstanceId: attachment.instanceId, Device: attachment.device };
  const Tags = [{ Key: TAG.role, Value: VOLUME_ROLE.quarantined }];
  return {
    id,
    async again() {
      await client.send(new CreateTagsCommand({ Resources: [id], Tags }));
      if (found.attachment) return;
      await client.send(new AttachVolumeCommand(back));
      await clock.sleep(ATTACHED_MS);
    },
  };
}

/** One of the day's pages, as that of a heal without a record. @throws Error where the day left none */
function readyPage({ s3, cloudFormation }: Services, stack: string): void {
  const bucket = s3.bucket(cloudFormation.outputOf(stack, OUTPUT.pages) ?? '');
  const [stored] = bucket.objects(PAGE_PREFIX);
  if (!stored) throw new Error(`after the day ${DAY} no page is stored`);
  bucket.put(pageKey({ volume: VOLUME, id: GONE }), stored[1].object);
}

/** What leaves the course in S3 in parts of which nothing is made, as a command does that is cut off. */
function readyUpload({ cloud }: Services, place: Place, course: string) {
  const { mishaps } = cloud.faults;
  return {
    async again() {
      await place.runtime.clock.sleep(ANSWERED_MS);
      mishaps.order({ service: 's3', operation: 'CompleteMultipartUpload', how: 'throttled', times: MOST_TRIES });
      const { code, text } = await typedAt(place, ['upload', course, VOLUME, '--yes', '--rehearsal']);
      mishaps.clear();
      if (code === 0) throw new Error(`the course is not cut off: ${text}`);
    },
  };
}
