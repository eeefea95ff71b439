import { writeFileSync } from 'node:fs';
import type { PageEvent } from '../../report/data.ts';
import { pageOf, type Seen } from '../../report/incident.ts';
import { pageHtml } from '../../report/page.ts';
import { incidentIn } from '../../report/record.ts';
import { type Happening, isEvent } from '../../simulator/aws/account/happening.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { Outcome } from '../judge/outcome.ts';
import { contextArguments } from './context.ts';

/** How long after a heal's end what is seen belongs to it. */
const AFTER_MS = 15_000;

/** Writes {@link pageOfDay}. @returns a line that says what was written */
export function writePage(file: string, outcome: Outcome, services: Services): string {
  const page = pageOfDay(outcome, services);
  if (page === undefined) return `No heal of that day did anything: there is no page to write into ${file}`;
  writeFileSync(file, page);
  return `The page of the incident: ${file}`;
}

/**
 * The page of the day that was played: of the heal that ended the story, with what the world shows beside its record.
 * @returns `undefined` where no heal did anything
 */
export function pageOfDay(outcome: Outcome, services: Services): string | undefined {
  const { virtual, scenario, seed, disks, context } = outcome;
  const { recovery, damage, log } = virtual;
  const told = recordOf(services, recovery);
  if (!told) return undefined;
  const { cloud } = services;
  const replay = `npm run rehearse -- --scenario ${scenario} --seed ${seed} --disks ${disks}${contextArguments(context)}`;
  const stack = cloud.stacks[0] ?? '';
  const until = (told.endedAt ?? told.startedAt) + AFTER_MS;
  const since = recovery?.failedAt ?? told.trigger.at ?? told.startedAt;
  const seen: Seen = {
    events: log.filter(({ at }) => at >= since && at <= until).flatMap((h) => eventsOf(h, stack, told.volume)),
    ...(recovery && {
      failedAt: recovery.failedAt,
      servingAt: recovery.servingAt,
      recoveryPointAt: recovery.recoveryPointAt,
      lost: recovery.filesNewer,
    }),
    ...(damage?.foundAt !== undefined && { damage: { aroseAt: damage.aroseAt, foundAt: damage.foundAt } }),
  };
  return pageHtml(pageOf(told, { place: { stack, region: cloud.region }, replay, seen }));
}

/** Of the volume that was struck the first heal that did something after that; where it is not served again, the one that called a person. */
function recordOf({ dynamodb }: Services, recovery: Outcome['virtual']['recovery']) {
  const all = dynamodb
    .all()
    .flatMap((item) => incidentIn(item.incident?.S ?? '') ?? [])
    .filter(({ outcome }) => outcome === 'healed' || outcome === 'paged')
    .sort((a, b) => a.startedAt - b.startedAt);
  if (!recovery) return all.findLast(({ outcome }) => outcome === 'paged');
  return all.find((i) => i.volume === recovery.volume && (i.endedAt ?? i.startedAt) >= recovery.failedAt);
}

/** What the world shows of a volume, in the lanes of the page. */
export function eventsOf({ at, event }: Happening, stack: string, volume: string): PageEvent[] {
  if (isEvent(event, 'probeFails') && event.volume === volume)
    return [{ lane: 'probe', at, tone: 'bad', what: 'fails' }];
  if (isEvent(event, 'alarmStarts')) {
    const [of, name, what = ''] = event.alarm.split('/');
    return of === stack && name === volume ? [{ lane: 'alarm', at, tone: 'bad', what }] : [];
  }
  if (isEvent(event, 'health') && event.path.endsWith(`/${volume}`))
    return event.state === 'healthy'
      ? [{ lane: 'users', at, tone: 'good', what: 'balancer sends users' }]
      : [{ lane: 'users', at, tone: 'bad', what: 'balancer sends none' }];
  if (isEvent(event, 'message') && event.attributes.volume === volume)
    return [
      { lane: 'alarm', at, tone: event.attributes.severity === 'news' ? 'good' : 'bad', what: 'people notified' },
    ];
  return [];
}
