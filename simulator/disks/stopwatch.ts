/** Real time spent by kind of work: what a rehearsal costs, for its report. Never part of its log. */
export class Stopwatch {
  readonly realMs: Record<string, number> = {};
  readonly counts: Record<string, number> = {};

  /** Runs `work` and books its real duration under `kind`, also when it throws. */
  time<T>(kind: string, work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.realMs[kind] = (this.realMs[kind] ?? 0) + performance.now() - start;
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    }
  }
}
