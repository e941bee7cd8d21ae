import { percent, short, whole } from '../format.ts';
import type { Column } from '../table.ts';

export const perSecond = (head: string): Column => ({ key: 'rate', head, format: whole });
export const p50Ms: Column = { key: 'p50Ms', head: 'p50 ms', format: short };
export const p99Ms: Column = { key: 'p99Ms', head: 'p99 ms', format: short };
export const maxMs: Column = { key: 'maxMs', head: 'max ms', format: short };
/** What server, generator and everything else used, of one core. */
export const cpuColumns: readonly Column[] = [
  { key: 'serverCpu', head: 'server cpu', format: percent },
  { key: 'loadCpu', head: 'load cpu', format: percent },
  { key: 'otherCpu', head: 'other cpu', format: percent },
];
