import { protocolComparisons, type Target } from './target.ts';

/** Any other running server of the protocol, started and stopped by whoever named it. */
export function peer(name: string, url: string): Target {
  return {
    name,
    about: `running at ${url}`,
    ceiling: false,
    comparisons: protocolComparisons,
    start: () => Promise.resolve({ url, pid: undefined, stop: () => Promise.resolve() }),
  };
}
