import { broken, type Mutant, PROMISE } from './mutant.ts';

/** On real disks, where the deployed agent itself runs. */
const onDisks = (scenario: string) =>
  ['rehearsal/main.ts', '--scenario', scenario, '--seed', '1', '--json', '--disks', 'xfs'] as const;

/** Of scenarios about what the journal's agent does with files, requests and its own end. */
export const JOURNALED: readonly Mutant[] = [
  broken('answer-lost', 'what is found under the number, and is its own, was acknowledged', {
    file: 'journal/protocol.ts',
    code: "return found.sum === mine.sum ? 'acknowledged' : 'notify';",
    instead: "return found.sum !== mine.sum ? 'acknowledged' : 'notify';",
  }),
  broken('writer-restarts-after-seal', 'who is started again goes on after what an earlier start wrote', {
    file: 'journal/protocol.ts',
    code: "return found.term < term || found.writer === writer ? 'read-on' : 'notify';",
    instead: "return found.term < term || found.writer !== writer ? 'read-on' : 'notify';",
  }),
  broken('mass-delete-by-mistake', 'deletions are in the journal as all else, and what takes over reads it', {
    file: 'lambda/core/heal/takeover.ts',
    code: 'const drained = await drain(run, { volumeId: newVolume, instanceId, flushed: fenced.flushed });',
    instead: 'const drained = undefined as Awaited<ReturnType<typeof drain>>;',
  }),
  broken('spool-full', 'a writer that says nothing is reported within minutes', {
    file: 'lib/internal/journal-alarm.ts',
    code: 'const MINUTES = 5;',
    instead: 'const MINUTES = 60;',
  }),
  broken('zone-loss-journaled', 'a host in any zone may be sent to the journal', {
    file: 'lambda/core/heal/drain.ts',
    code: 'await ports.host.drain(instanceId, volume, volumeId, term)',
    instead: 'await ports.host.drain(instanceId, volume, volumeId, 0)',
  }),
  {
    rule: 'large-file: a large file is made of all its pieces',
    edits: [
      {
        file: 'host/agent/applier/content.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code, as it stands there
        code: 'throw new ContentError(`${record.identity} is not what its pieces make`);',
        instead: '{}',
      },
      {
        file: 'host/agent/applier/content.ts',
        code: 'await copy(from, file, piece);',
        instead: 'if (piece.offset === 0) await copy(from, file, piece);',
      },
    ],
    play: onDisks('large-file'),
    notices: [PROMISE],
  },
  {
    rule: 'open-file: what is never closed is taken all the same',
    edits: [
      {
        file: 'journal/write/dirty.ts',
        code: 'return open ? first + OPEN :',
        instead: 'return open ? Number.POSITIVE_INFINITY :',
      },
      {
        file: 'journal/write/dirty.ts',
        code: '(entry) => this.#hurried || now >= dueAt(entry)',
        instead: '(entry) => (this.#hurried && !entry.open) || now >= dueAt(entry)',
      },
    ],
    play: onDisks('open-file'),
    // What is asked to send all waits in vain.
    notices: [PROMISE, { dies: 'does not write the journal' }],
  },
  {
    rule: 'rename-storm: a name that is given is stated',
    edits: [
      {
        file: 'journal/write/gather.ts',
        code: 'batch.addName(directory, name, identity, path);',
        instead: 'if (!identity) batch.addName(directory, name, identity, path);',
      },
    ],
    play: onDisks('rename-storm'),
    notices: [PROMISE],
  },
  {
    rule: 'events-overflow: what was not heard is looked for',
    edits: [
      {
        file: 'host/agent/writer/writer.ts',
        code: 'await scan({ ...this.#world, own: this.#own, dirty: this.#dirty, makeRoom: () => this.#makeRoom() });',
        instead: '[this.#dirty.scanBegins(), this.#dirty.scanEnds()];',
      },
    ],
    play: onDisks('events-overflow'),
    notices: [PROMISE],
  },
];
