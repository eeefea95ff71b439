import type { Ports } from '../../../lambda/core/world/ports.ts';

/** Healers that are broken in one rule each, by something that stands between them and the world. */
export const TAMPERS = {
  /** "Not known" is taken for "stopped": a host that hangs counts as one that has released the volume. */
  fenceAlwaysCertain: (ports: Ports): Ports => ({
    ...ports,
    host: {
      ...ports.host,
      release: (instanceId, volume, volumeId) =>
        ports.host.release(instanceId, volume, volumeId).then((answer) => ({ ...answer, result: 'ok' })),
    },
  }),
  /** The suspect volume is marked as such, and stays in the snapshot schedule. */
  quarantineStaysScheduled: (ports: Ports): Ports => ({
    ...ports,
    compute: {
      ...ports.compute,
      quarantine: async (volumeId, healId) => {
        await ports.compute.quarantine(volumeId, healId);
        await ports.compute.promote(volumeId, 0);
      },
    },
  }),
  /** Each try to make a volume has a client token of its own: what one order made and did not hear of, the next makes again. */
  randomClientToken: (ports: Ports): Ports => {
    let tries = 1000;
    return {
      ...ports,
      compute: {
        ...ports.compute,
        createReplacement: (order) => ports.compute.createReplacement({ ...order, attempt: tries++ }),
      },
    };
  },
  /** What was rejected is a recovery point as good as any. */
  trusting: (ports: Ports): Ports => ({
    ...ports,
    compute: {
      ...ports.compute,
      recoveryPoints: async (volume) =>
        (await ports.compute.recoveryPoints(volume)).map((point) => ({ ...point, verdict: undefined })),
    },
  }),
  /** Who owns what is never agreed. */
  neverCommitted: (ports: Ports): Ports => ({ ...ports, ledger: { ...ports.ledger, commit: async () => {} } }),
  /** The journal is not read, and people are notified that it is. */
  pretending: (ports: Ports): Ports => ({
    ...ports,
    host: {
      ...ports.host,
      drain: async (_, __, volumeId) => {
        const values = { state: 'drained', number: '3', head: '3', files: '0', missing: '0', volumeId };
        return { result: 'ok', values, detail: '' };
      },
    },
  }),
  /** No record is kept of how a heal ended. */
  neverClosed: (ports: Ports): Ports => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      record: (incident) => (incident.outcome === 'open' ? ports.ledger.record(incident) : Promise.resolve()),
    },
  }),
  /** The record says that nothing was lost. */
  boasting: (ports: Ports): Ports => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      record: ({ replacement, ...incident }) =>
        ports.ledger.record({
          ...incident,
          replacement: replacement && { ...replacement, recoveryPointAt: incident.startedAt },
        }),
    },
  }),
  /** Whatever came of it, it is on record as healed. */
  rosy: (ports: Ports): Ports => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      record: (incident) => ports.ledger.record({ ...incident, outcome: incident.endedAt ? 'healed' : 'open' }),
    },
  }),
  /** People are not notified, and nothing is done: it only looks. */
  silent: (ports: Ports): Ports => ({
    ...ports,
    people: { notify: async () => {} },
    compute: { ...ports.compute, recoveryPoints: async () => [] },
  }),
  /** It finds no copy of the content, and leaves it to people. */
  blind: (ports: Ports): Ports => ({ ...ports, compute: { ...ports.compute, recoveryPoints: async () => [] } }),
  /** Whatever goes wrong with a candidate is held against the copy that it was made from. */
  rejecting: (ports: Ports): Ports => ({
    ...ports,
    host: {
      ...ports.host,
      mount: async (instanceId, volume, volumeId) => {
        const [point] = await ports.compute.recoveryPoints(volume);
        if (point) await ports.compute.reject(point.snapshotId, 'failed: the host was slow');
        return ports.host.mount(instanceId, volume, volumeId);
      },
    },
  }),
  /** It knows of the oldest copy alone, and so says nothing of newer ones. */
  forgetful: (ports: Ports): Ports => ({
    ...ports,
    compute: {
      ...ports.compute,
      recoveryPoints: async (volume) =>
        (await ports.compute.recoveryPoints(volume)).sort((a, b) => a.at - b.at).slice(0, 1),
    },
  }),
  /** People hear that it serves, and not from what. */
  curt: (ports: Ports): Ports => ({
    ...ports,
    people: {
      notify: (message) => {
        if (message.kind !== 'served') return ports.people.notify(message);
        const incident = { ...message.incident, summary: 'It is served again.', steps: [], replacement: undefined };
        return ports.people.notify({ ...message, incident });
      },
    },
  }),
  /** Each thing is reported twice. */
  insistent: (ports: Ports): Ports => ({
    ...ports,
    people: {
      notify: async (message) => {
        await ports.people.notify(message);
        await ports.clock.sleep(60_000);
        await ports.people.notify(message);
      },
    },
  }),
} as const;
export type Tamper = keyof typeof TAMPERS;
