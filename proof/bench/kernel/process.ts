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
  return cpuOf(pid) + ended + childrenOf(pid).reduce((sum, child) => sum + treeCpuOf(child), 0);
}

/** In MiB. `anonymous`: of no file. `resident`: with the pages of programs and libraries, in each process that has them. */
export interface Memory {
  readonly anonymous: number;
  readonly resident: number;
}

/** What a process has now, and all that it has started. */
export function treeMemoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  const all = [{ anonymous: mib('RssAnon'), resident: mib('VmRSS') }, ...childrenOf(pid).map(treeMemoryOf)];
  return {
    anonymous: all.reduce((sum, one) => sum + one.anonymous, 0),
    resident: all.reduce((sum, one) => sum + one.resident, 0),
  };
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.filter((child) => existsSync(`/proc/${child}`));
}
