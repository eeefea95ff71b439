/** What a process takes. */
import { existsSync, readFileSync } from 'node:fs';

/** CPU that a process has taken, in milliseconds: proc_pid_stat(5), of which a hundredth of a second is the unit. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The most memory that a process had resident, in MiB. */
export function memoryOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** CPU of a process, of all that it has started, and of those of them that it has waited for. Milliseconds. */
export function treeCpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ended = (Number(fields[13]) + Number(fields[14])) * 10;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return (
    cpuOf(pid) + ended + children.reduce((sum, child) => sum + (existsSync(`/proc/${child}`) ? treeCpuOf(child) : 0), 0)
  );
}
