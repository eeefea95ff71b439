import { DLM_VERB } from '../../../contract/contract.ts';
import type { Cloud } from '../account/cloud.ts';
import type { Ec2State } from '../ec2/state.ts';
import type { Fleet } from './fleet.ts';
import type { Hosts } from './hosts.ts';

/** How often a host that hangs is looked at again: its timers go on when it does. */
const LOOK_MS = 1000;

/** Rings the watchdogs of freezes (`host/freeze.sh`) on the hosts when their time is over: their clock is the rehearsal's. */
export function keepWatchdogs(cloud: Cloud, ec2: Ec2State, hosts: Hosts, fleet: Fleet): void {
  hosts.onRun = {
    // What the probe wrote until now is frozen, too.
    before: (instanceId, verb) => {
      if (verb === DLM_VERB) fleet.catchUpHost(instanceId);
    },
    after: (instanceId, verb) => {
      if (verb !== DLM_VERB) return;
      for (const { volumeId, at } of cloud.disks.watchdogs(instanceId))
        cloud.clock.at(at, () => ring(instanceId, volumeId, at));
    },
  };

  const ring = (instanceId: string, volumeId: string, at: number) => {
    // A power cut ends processes.
    if (ec2.instances.get(instanceId)?.state !== 'running') return;
    if (cloud.faults.hung.has(instanceId)) {
      cloud.clock.after(LOOK_MS, () => ring(instanceId, volumeId, at));
      return;
    }
    // Thawed, and perhaps frozen again for another snapshot.
    if (!cloud.disks.watchdogs(instanceId).some((w) => w.volumeId === volumeId && w.at === at)) return;
    cloud.disks.ringWatchdog(instanceId, volumeId);
    hosts.touch(instanceId);
    cloud.say(instanceId, `the watchdog thaws ${volumeId}: nobody else did`);
  };
}
