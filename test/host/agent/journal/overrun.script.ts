/** A flush beside writers that do not pause, where more has changed than is kept in mind of: on real XFS. Prints what came of it as JSON. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, Volume } from '../kernel/lab.ts';
import { Owner } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';

const FILES = 4000;
/** With each portion of a scan so many change, the last ones; and so many portions later nobody writes any more. */
const [MEANWHILE, PORTIONS] = [600, 300];

const answers: Record<string, unknown> = {};
const disk = mkdtempSync(join(tmpdir(), 'remount-overrun-'));
const journal = new MemoryJournal();
const volume = new Volume('owner');
volume.py(`for f in range(${FILES}): open("f%d" % f, "w")`);
const owner = new Owner(volume, disk, journal, 1);
await owner.start();
answers.flushed = (await owner.writer.flush(600_000)).flushed;
owner.writer.stop();
await owner.ended();

// Nobody hears that all of them change; and then they go on changing while a scan finds it.
volume.py(`for f in range(${FILES}): os.utime("f%d" % f, (1, 1))`);
let [portions, next] = [0, 0];
owner.swept = () => {
  if (++portions > PORTIONS) return;
  for (let n = 0; n < MEANWHILE; n++, next++)
    utimesSync(join(volume.mountPoint, `f${FILES - 1 - (next % (FILES / 2))}`), 2, portions);
};
await owner.start();
answers['flushed meanwhile'] = (await owner.writer.flush(600_000)).flushed;
answers['they were still writing'] = portions < PORTIONS;
console.error(portions);
owner.writer.stop();
await owner.ended();
rmSync(disk, { recursive: true });
end(answers, volume);
