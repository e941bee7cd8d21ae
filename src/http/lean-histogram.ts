import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';

/** Upper bounds in seconds. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
export const SIZE_BUCKETS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram for hot paths: observing is an addition to an array, and the labels are joined only
 * when somebody asks. The metrics library hashes its labels on every observation, which would be a
 * twentieth of what an append may cost.
 */
export class LeanHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #buckets: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry, name: string, help: string, buckets: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#buckets = buckets;
    // Registered through a gauge of the library whose values are replaced when it is collected.
    const metric = new Gauge({ name, help, registers: [] });
    registry.registerMetric(Object.assign(metric, { get: () => Promise.resolve(this.#collect()) }));
  }

  /** The series of these labels, to be kept by who observes often. */
  series(labels: Readonly<Record<string, string>> = {}): (value: number) => void {
    const key = JSON.stringify(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, counts: new Float64Array(this.#buckets.length + 1), sum: 0 };
      this.#series.set(key, series);
    }
    const { counts } = series;
    const buckets = this.#buckets;
    const kept = series;
    return (value) => {
      let bucket = 0;
      while (bucket < buckets.length && value > (buckets[bucket] ?? 0)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      kept.sum += value;
    };
  }

  #collect(): {
    name: string;
    help: string;
    type: string;
    aggregator: 'sum';
    values: { metricName: string; labels: Record<string, string | number>; value: number }[];
  } {
    const values: { metricName: string; labels: Record<string, string | number>; value: number }[] =
      [];
    for (const { labels, counts, sum } of this.#series.values()) {
      let cumulative = 0;
      for (const [index, count] of counts.entries()) {
        cumulative += count;
        const le = this.#buckets[index] ?? '+Inf';
        values.push({
          metricName: `${this.#name}_bucket`,
          labels: { ...labels, le },
          value: cumulative,
        });
      }
      values.push({ metricName: `${this.#name}_sum`, labels: { ...labels }, value: sum });
      values.push({ metricName: `${this.#name}_count`, labels: { ...labels }, value: cumulative });
    }
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }
}
