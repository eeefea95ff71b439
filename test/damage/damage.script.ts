/** Does each kind of damage on real disks, and checks some sound copies under load. Prints what came of it as JSON. */
import { Ground } from '../../rehearsal/damage/ground.ts';
import { falseAlarms } from '../../rehearsal/damage/sound.ts';
import { damageRows } from '../../rehearsal/damage/table.ts';
import { enterPrivateNamespace } from '../../rehearsal/disks/namespace.ts';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const ground = new Ground();
const rows = damageRows(ground).map(({ damage, drill }) => [damage, drill.noticed]);
const alarms = await falseAlarms(ground, Number(process.argv[2]), () => undefined);
ground.close();
console.log(JSON.stringify({ rows, alarms }));
