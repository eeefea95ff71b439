/** Instances that are lost, hang, or go with their whole zone: the volume is sound. */

import {
  cutOffWeb,
  hangInstance,
  loseVolume,
  loseZone,
  stickDetach,
  terminateInstance,
  unmountVolume,
  untagInstance,
  wakeInstance,
} from '../../../simulator/aws/account/failures.ts';
import { check } from '../../judge/checks.ts';
import { inHome } from '../../world/world.ts';
import { once, struck } from '../story/breaking.ts';
import type { Plan } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** A hung owner wakes up after this: long enough for somebody else to have taken over, if it was not fenced. */
const WAKES_AFTER_MS = 12 * MINUTE_MS;

export const hostPlans: Readonly<Record<string, Plan>> = {
  'instance-loss': {
    about: 'the owner is terminated; its volume is sound and moves to the standby',
    expect: { outcome: ['failover'], withinMs: 5 * MINUTE_MS },
    strike: ({ services, first }) => terminateInstance(services, first.owner),
  },
  'instance-hang': {
    about: 'the owner answers nothing, EC2 calls it running, and it wakes up later',
    expect: { outcome: ['failover'], withinMs: 15 * MINUTE_MS, calls: 1000 },
    strike: ({ services, world, first }) => {
      hangInstance(services, first.owner);
      world.clock.after(WAKES_AFTER_MS, () => wakeInstance(services, first.owner));
    },
  },
  'instance-pause': {
    about: 'the owner answers nothing, until it is asked to let go of its volume',
    expect: { outcome: ['failover'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      hangInstance(strike.services, strike.first.owner);
      once(
        strike,
        'notPickedUp',
        ({ verb }) => verb === 'release',
        ({ instanceId }) => wakeInstance(strike.services, instanceId),
      );
    },
  },
  unmounted: {
    about: 'somebody unmounts the volume on its owner',
    expect: { outcome: ['remount'], withinMs: 2 * MINUTE_MS },
    strike: (strike) => unmountVolume(strike.services, struck(strike, strike.first)),
  },
  'two-volumes-one-owner': {
    about: 'two volumes are served by one owner, which is terminated',
    settings: { volumes: inHome(2) },
    all: true,
    together: true,
    expect: { outcome: ['failover'], withinMs: 5 * MINUTE_MS, calls: 1200 },
    strike: ({ services, first }) => terminateInstance(services, first.owner),
    checks: ({ failures }) => {
      const owners = new Set(failures.map((f) => f.owner));
      return [check('the volumes had one owner', owners.size === 1, [...owners].join(', '))];
    },
  },
  'web-dead': {
    about: 'the web server on the owner dies; the volume answers there as before',
    expect: { outcome: ['failover'], withinMs: 6 * MINUTE_MS },
    strike: ({ services, first }) => cutOffWeb(services, first.owner),
  },
  'web-cut-off': {
    about: 'the load balancer reaches no instance any more; the volume answers on its owner as before',
    expect: {
      outcome: ['page'],
      withinMs: 6 * MINUTE_MS,
      because: [{ code: 'unreached' }],
    },
    strike: ({ services }) => {
      for (const id of services.ec2.instances.keys()) cutOffWeb(services, id);
    },
    checks: ({ world, first }) => {
      const { attachment } = world.services.ec2.volume(first.volumeId);
      return [
        check('the volume stays where it is', attachment?.instanceId === first.owner, String(attachment?.instanceId)),
      ];
    },
  },
  'owner-unseen': {
    about: 'the volume goes to state error, and its owner runs without the tag that the fleet is found by',
    expect: { outcome: ['page'], withinMs: 5 * MINUTE_MS, because: [{ code: 'holderUnseen' }] },
    strike: (strike) => {
      untagInstance(strike.services, strike.first.owner);
      loseVolume(strike.services, struck(strike, strike.first));
    },
  },
  'zone-loss': {
    about: 'nothing in the home zone answers any more, and no volume can be made there',
    expect: { outcome: ['relocate'], withinMs: 30 * MINUTE_MS, calls: 1500, mayPage: true },
    strike: ({ services, first }) => loseZone(services, first.zone),
  },
  'stuck-detach': {
    about: 'the owner is terminated, and its volume stays in detaching',
    expect: {
      outcome: ['replace', 'page'],
      withinMs: 20 * MINUTE_MS,
      because: [
        { code: 'unsettled', state: 'detaching' },
        { code: 'dead', state: 'stuck' },
      ],
      mayPage: true,
      calls: 1500,
    },
    strike: ({ services, first }) => {
      stickDetach(services, 1);
      terminateInstance(services, first.owner);
    },
  },
};
