/** The intake as a host runs it: see `../agent-host.ts`. Prints what came of it as JSON. */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { disks, HOST, root } from '../../one-host.ts';
import {
  bringIntake,
  commands,
  end,
  gauges,
  ID,
  run,
  startUnit,
  until,
  verb,
  version,
  wasAsked,
} from '../agent-host.ts';

const answers: Record<string, unknown> = {};
const settings = join(root, 'run/remount', `${ID}.intake.json`);
const intake = async () => (await once(startUnit('remount-intake'), 'close'))[0];
const asked = () => wasAsked().filter((line) => line.includes('intake'));
disks.createVolume(ID, 1);
disks.attach(ID, HOST);
for (const name of ['format', 'mount', 'serve']) await verb(name);
answers['a stack without one'] = asked();
bringIntake();
answers.applied = [(await run(join(version, 'apply.sh'), 'apply', 'none')).code, asked()];
gauges.length = 0;
answers.served = [(await verb('serve')).state, asked()];
await until(() => gauges.length >= 2);
answers['first words'] = gauges.splice(0).sort();
writeFileSync(join(commands, 'refuses'), '');
const refused = await verb('serve');
answers['systemd refuses'] = [refused.code, refused.state, refused.taking];
rmSync(join(commands, 'refuses'));

answers['no bucket is known'] = await intake();
writeFileSync(join(root, 'opt/remount/intake'), 'eu-west-1 uploads\n');
// Nobody answers for S3's lists here: it goes on asking, and says so.
const taking = startUnit('remount-intake');
await until(() => existsSync(settings) && gauges.some((line) => line.startsWith('IntakeDone')));
answers.settings = JSON.parse(readFileSync(settings, 'utf8'));
answers['a second one'] = await intake();
asked();
const ended = once(taking, 'close');
taking.kill('SIGTERM');
answers.stopped = (await ended)[0];
const goes = startUnit('remount-intake');
await until(() => gauges.filter((line) => line.startsWith('IntakeDone')).length > 1);
const gone = once(goes, 'close');
answers.released = [(await verb('release')).state, asked()];
answers.gone = (await gone)[0];

answers['of what it does not serve'] = await intake();
// Mounted, marked, and led to by nobody: it is about to be taken away, or was never here.
await verb('mount');
writeFileSync(join(root, 'var/lib/remount/serving/alpha'), `${ID}\n`);
answers['of what nobody is led to'] = await intake();
symlinkSync(join(root, 'mnt/remount', ID), join(root, 'srv/content/alpha'));
rmSync(join(version, 'etc/intake-rules'));
answers['without rules'] = await intake();
await verb('release');
end(answers);
