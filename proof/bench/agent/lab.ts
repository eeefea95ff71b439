/** The deployed agent on a volume of its own, and what it takes. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageArea } from '../../../simulator/disks/xfs/area.ts';
import { Agent } from '../copies/agent.ts';
import { Content } from '../copies/content.ts';
import { type Memory, treeMemoryOf } from '../kernel/process.ts';

const SAMPLE_MS = 100;

/** Volumes, one after the other: each is blank, so that none has what the round before has left. */
export class Lab {
  readonly #area: StorageArea;
  #volumes = 0;
  /** The most that an agent has had here. */
  memory: Memory = { anonymous: 0, resident: 0 };

  constructor(area: StorageArea) {
    this.#area = area;
  }

  async with<T>(work: (content: Content, agent: Agent) => Promise<T>): Promise<T> {
    const content = new Content(this.#area, `agent-${this.#volumes++}`);
    const disk = mkdtempSync(join(tmpdir(), 'remount-bench-agent-'));
    const agent = new Agent(content, disk);
    try {
      return await work(content, agent);
    } finally {
      await agent.kill();
      agent.close();
      content.close();
      rmSync(disk, { recursive: true, force: true });
    }
  }

  /** Looks at its memory while something is done, and takes from its S3 what it writes. @returns that, and what was done */
  async watch<T>(agent: Agent, work: () => Promise<T>): Promise<{ done: T; written: readonly Buffer[] }> {
    const written: Buffer[] = [];
    const look = () => {
      if (!existsSync(`/proc/${agent.pid}`)) return;
      const { anonymous, resident } = treeMemoryOf(agent.pid);
      this.memory = {
        anonymous: Math.max(this.memory.anonymous, anonymous),
        resident: Math.max(this.memory.resident, resident),
      };
      // The index of each segment stands at its beginning; all of a large file would not fit in here.
      for (const bytes of agent.taken()) written.push(Buffer.from(bytes.subarray(0, 65_536)));
    };
    const timer = setInterval(look, SAMPLE_MS);
    try {
      const done = await work();
      look();
      return { done, written };
    } finally {
      clearInterval(timer);
    }
  }
}
