import type { Memory } from '../kernel/process.ts';
import type { Took } from '../kernel/writers.ts';
import type { Overflow } from './overflow.ts';
import type { AgentFigures } from './writers.ts';

export interface AgentMeasured {
  readonly writers: readonly AgentFigures[];
  readonly memory: Memory;
  readonly overflow: Overflow;
}

/** What a writer may take with the agent, as a multiple; and MiB that the agent may have. */
export const AIMS = { times: 1.05, mib: 128 } as const;

/** Each aim, and whether it is kept, in a line. */
export function aims({ writers, memory }: AgentMeasured): string[] {
  const worst = (what: keyof Took) => {
    const all = writers.flatMap(({ writer, on, stuck, killed }) =>
      Object.entries({ on, stuck, killed }).map(([mode, took]) => ({ times: took[what], of: `${writer}, ${mode}` })),
    );
    const { times, of } = all.reduce((most, one) => (one.times > most.times ? one : most));
    return `${times.toFixed(2)} times at the most (${of})`;
  };
  const isKept = (what: keyof Took) =>
    writers.every(({ on, stuck, killed }) => [on, stuck, killed].every((took) => took[what] <= AIMS.times));
  const said = (kept: boolean) => (kept ? 'kept' : 'not kept');
  return [
    `a writer takes ${AIMS.times} times the clock: ${said(isKept('seconds'))}, ${worst('seconds')}`,
    `a writer takes ${AIMS.times} times the CPU: ${said(isKept('cpu'))}, ${worst('cpu')}`,
    `${AIMS.mib} MiB of no file: ${said(memory.anonymous <= AIMS.mib)}, ${memory.anonymous.toFixed(0)} MiB`,
    `${AIMS.mib} MiB with programs and libraries: ${said(memory.resident <= AIMS.mib)}, ${memory.resident.toFixed(0)} MiB`,
  ];
}

export function agentTable(measured: AgentMeasured): string {
  const cells = (name: string, values: readonly string[]) =>
    `${name.padEnd(24)}${values.map((value) => value.padStart(14)).join('')}\n`;
  const fixed = (value: number) => value.toFixed(2);
  const { files, find, times, cpu } = measured.overflow;
  return [
    cells('writer', ['agent off, s', 'on', 'stuck', 'killed', 'agent, 1/s', 'CPU ms/1000']),
    ...measured.writers.map((f) =>
      cells(f.writer, [
        ...[f.off, f.on, f.stuck, f.killed].map((took) => `${fixed(took.seconds)} (${fixed(took.cpu)})`),
        f.perSecond.toFixed(0),
        f.cpu.toFixed(0),
      ]),
    ),
    '\n',
    `An overflow, ${files} files: ${fixed(times)} times one find (${fixed(find)} s), ${cpu.toFixed(0)} ms of CPU for a thousand files.\n`,
    '\n',
    ...aims(measured).map((aim) => `${aim}\n`),
  ].join('');
}
