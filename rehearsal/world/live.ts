import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { PageEvent } from '../../report/data.ts';
import { type Live, liveHtml } from '../../report/live.ts';
import { type Happening, isEvent } from '../../simulator/aws/account/happening.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import { eventsOf } from './page.ts';

/** Before that a stack is brought up: nobody waits for it. Virtual time. */
const BRING_UP_MS = 10 * 60_000;
/** As long as this is virtual time as fast as real time, at the most. */
const MOST_MS = 5 * 60_000;
/** What is seen after people were notified. */
const AFTER_MS = 5000;
const TICK_MS = 250;
/** Lines that are kept. */
const LINES = 20;

/** Verbs of hosts, by the lane of whoever runs them. */
const VERB: Readonly<Record<string, PageEvent['lane']>> = {
  release: 'owner',
  mount: 'standby',
  verify: 'standby',
  serve: 'standby',
  attach: 'standby',
  drain: 'journal',
};

/** Shows a day while it is played, on 127.0.0.1: from the failure on virtual time passes as fast as real time, until people were notified. */
export class LivePage {
  readonly #scenario: string;
  readonly #server = createServer((request, response) => {
    const isPage = request.method === 'GET' && request.url === '/';
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(isPage ? this.#html() : '');
  });
  #services: Services | undefined;
  #startedAt = 0;
  #slowSince: number | undefined;
  #slowUntil = Number.POSITIVE_INFINITY;
  #wrong: Live['wrong'];
  readonly #lines: Happening[] = [];
  readonly #events: PageEvent[] = [];
  #last: string | undefined;

  constructor(scenario: string) {
    this.#scenario = scenario;
  }

  /** Resolves when somebody has opened it. @param told gets its address */
  async opened(told: (url: string) => void): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const asked = once(this.#server, 'request');
    told(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
    await asked;
  }

  /** The world, before anything happens in it. */
  shows(services: Services): void {
    this.#services = services;
    this.#startedAt = services.cloud.clock.now();
  }

  happening(happening: Happening, inSpotlight: boolean): void {
    if (!this.#services || happening.at < this.#startedAt + BRING_UP_MS) return;
    if (happening.who === 'story' || inSpotlight) this.#lines.unshift(happening);
    this.#lines.length = Math.min(this.#lines.length, LINES);
    if (!inSpotlight) return;
    this.#see(happening);
    if (this.#slowSince !== undefined) return;
    this.#slowSince = happening.at;
    this.#tick();
  }

  /** The page of the incident takes the place of the live one, where there is one, until Ctrl-C. */
  async ended(page: string | undefined): Promise<void> {
    this.#last = page ?? this.#html();
    const over = new AbortController();
    await Promise.race(
      ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: over.signal }).catch(() => {})),
    );
    over.abort();
    this.close();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #see(happening: Happening): void {
    const { at, event } = happening;
    const stack = this.#services?.cloud.stacks[0] ?? '';
    if (isEvent(event, 'probeFails')) this.#wrong ??= { volume: event.volume, since: at };
    const wrong = this.#wrong;
    if (!wrong) return;
    this.#events.push(...eventsOf(happening, stack, wrong.volume));
    if (isEvent(event, 'command')) {
      const lane = VERB[event.verb];
      if (lane) this.#events.push({ lane, at, tone: event.exitCode === 0 ? 'work' : 'bad', what: event.verb });
    }
    const back = isEvent(event, 'health') && event.state === 'healthy' && event.path.endsWith(`/${wrong.volume}`);
    if (back && wrong.servedAt === undefined) this.#wrong = { ...wrong, servedAt: at };
    if (isEvent(event, 'message') && event.attributes.volume === wrong.volume) this.#slowUntil = at + AFTER_MS;
  }

  /** An activity that waits for real time: virtual time stands still meanwhile. */
  #tick(): void {
    const clock = this.#services?.cloud.clock;
    const since = this.#slowSince ?? 0;
    if (!clock || clock.now() > Math.min(this.#slowUntil, since + MOST_MS)) return;
    clock.spawn('whoever watches', () => clock.hold(() => setTimeout(TICK_MS)));
    clock.after(TICK_MS, () => this.#tick());
  }

  /** What the healer asked of AWS, each kind of call where it was first made. */
  #calls(): PageEvent[] {
    const since = this.#wrong?.since ?? Number.POSITIVE_INFINITY;
    const first = new Map<string, number>();
    for (const { at, principal, operation } of this.#services?.cloud.calls ?? [])
      if (at >= since && principal.startsWith('Healer') && !first.has(operation)) first.set(operation, at);
    return [...first].map(([what, at]) => ({ lane: 'healer', at, tone: 'work', what }));
  }

  #html(): string {
    if (this.#last !== undefined) return this.#last;
    const cloud = this.#services?.cloud;
    return liveHtml({
      place: { stack: cloud?.stacks[0] ?? 'Remount', region: cloud?.region ?? 'a simulated AWS' },
      scenario: this.#scenario,
      now: cloud?.clock.now() ?? 0,
      ...(this.#wrong && { wrong: this.#wrong }),
      events: [...this.#events, ...this.#calls()],
      lines: this.#lines,
    });
  }
}
