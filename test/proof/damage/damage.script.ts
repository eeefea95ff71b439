/** Does each kind of damage on real disks, and checks some sound copies under load. Prints what came of it as JSON. */

import { falseAlarms } from '../../../proof/damage/sound.ts';
import { damageRows } from '../../../proof/damage/table.ts';
import { Ground } from '../../../proof/damage/volumes.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const ground = new Ground();
const rows = damageRows(ground).map(({ damage, drill }) => [damage, drill.noticed]);
const alarms = await falseAlarms(ground, Number(process.argv[2]), () => undefined);
ground.close();
console.log(JSON.stringify({ rows, alarms }));
