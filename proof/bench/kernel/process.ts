/** What a process takes. */
import { readFileSync } from 'node:fs';

/** CPU that a process has taken, in milliseconds: proc_pid_stat(5), of which a hundredth of a second is the unit. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The most memory that a process had resident, in MiB. */
export function memoryOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
