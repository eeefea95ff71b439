import type { Deployed } from '../template.ts';
import { EACH_TWO_SECONDS, HOURS, journalUse, type Usage } from '../usage.ts';
import { type Ask, sum } from './ask.ts';

/** What a run asks of the ledger, about: the lease, what was agreed, and a note. */
const LEDGER = { reads: 5, writes: 2 };

export function functions(
  { runs, runGib, durable, volumes, snapshots, drilled, keys, instances, witness }: Deployed,
  { secondsPerRun, logGb }: Usage,
): Ask[] {
  const drills = drilled ? snapshots.perHour * HOURS * volumes.length * volumes.length : 0;
  const started = runs + drills;
  const hosts = sum(instances.map(({ count }) => count));
  return [
    {
      id: 'functions.runs',
      about: 'runs of guard, healer and drills',
      settings: ['volumes', 'snapshots.perHour'],
      quantity: started,
      price: 'lambda.requests',
    },
    {
      id: 'functions.time',
      about: 'time of guard, healer and drills',
      settings: ['volumes', 'snapshots.perHour'],
      quantity: started * secondsPerRun * runGib,
      price: 'lambda.time',
      assumes: ['secondsPerRun'],
    },
    {
      id: 'functions.durable',
      about: 'steps of heals and drills that Lambda keeps',
      settings: ['volumes', 'drills.enabled'],
      quantity: durable ? started : 0,
      price: 'lambda.durable',
    },
    {
      id: 'ledger.reads',
      about: 'reads of the ledger',
      settings: ['volumes'],
      quantity: started * LEDGER.reads,
      price: 'dynamodb.reads',
    },
    {
      id: 'ledger.watched',
      about: 'reads of the ledger by standbys',
      settings: ['witness.enabled'],
      // Each instance of a zone reads the item of each of its content volumes every half minute.
      quantity: witness ? (volumes.length * hosts * HOURS * 120) / Math.max(1, instances.length) : 0,
      price: 'dynamodb.reads',
    },
    {
      id: 'ledger.writes',
      about: 'writes to the ledger',
      settings: ['volumes'],
      quantity: started * LEDGER.writes,
      price: 'dynamodb.writes',
    },
    {
      id: 'logs',
      about: 'logs of functions and of rejected traffic',
      quantity: logGb,
      price: 'cloudwatch.logs',
      assumes: ['logGb'],
    },
    { id: 'key', about: 'the key', quantity: keys, price: 'kms.key' },
    // Once a minute for each host at most, with bucket keys: docs/journal.md.
    {
      id: 'key.requests',
      about: 'uses of the key',
      settings: ['instancesPerZone', 'zones'],
      quantity: keys * hosts * HOURS * 60,
      price: 'kms.requests',
    },
  ];
}

export function journal({ journalDays, volumes }: Deployed, usage: Usage): Ask[] {
  if (journalDays === undefined) return [];
  const { writes, reads, storedGb } = journalUse(usage, journalDays);
  const many = volumes.length;
  const assumes = ['uploadsPerHour', 'fileMib'] as const;
  return [
    {
      id: 'journal.writes',
      about: 'segments that are written to the journal',
      settings: ['journal.enabled'],
      quantity: many * writes,
      price: 's3.writes',
      assumes,
    },
    {
      id: 'journal.reads',
      about: 'looks for the next segment',
      settings: ['journal.enabled'],
      quantity: many * reads,
      price: 's3.reads',
      assumes,
    },
    {
      id: 'journal.stored',
      about: 'what the journal holds',
      settings: ['journal.enabled', 'journal.days'],
      quantity: many * storedGb,
      price: 's3.storage',
      assumes,
    },
  ];
}

/** As if each of the files came by it: the upload and its answer are two writes. */
export function intake({ intakeDays, volumes }: Deployed, usage: Usage): Ask[] {
  if (intakeDays === undefined) return [];
  const many = volumes.length;
  const assumes = ['uploadsPerHour', 'fileMib'] as const;
  return [
    {
      id: 'intake.looks',
      about: 'looks for uploads',
      settings: ['intake.enabled'],
      quantity: many * EACH_TWO_SECONDS,
      price: 's3.writes',
    },
    {
      id: 'intake.writes',
      about: 'uploads and their answers',
      settings: ['intake.enabled'],
      quantity: many * usage.uploadsPerHour * HOURS * 2,
      price: 's3.writes',
      assumes: ['uploadsPerHour'],
    },
    {
      id: 'intake.stored',
      about: 'uploads that were answered',
      settings: ['intake.days'],
      quantity: many * journalUse(usage, intakeDays).storedGb,
      price: 's3.storage',
      assumes,
    },
  ];
}

/** Heals in a month, and what a page has: nothing to speak of, whatever they are. */
const HEALS = 10;
const PAGE_GB = 30 / 1e6;

export function pages({ pageDays }: Deployed): Ask[] {
  if (pageDays === undefined) return [];
  return [
    { id: 'pages.writes', about: `pages of incidents, of ${HEALS} heals a month`, quantity: HEALS, price: 's3.writes' },
    {
      id: 'pages.stored',
      about: 'what these store',
      settings: ['incidentPages.days'],
      quantity: (HEALS * PAGE_GB * pageDays * 24) / HOURS,
      price: 's3.storage',
    },
  ];
}
