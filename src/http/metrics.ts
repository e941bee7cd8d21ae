import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { TriggerActivity } from '../delivery/trigger-totals.ts';
import { AccountLabels } from './account-labels.ts';
import { LATENCY_BUCKETS, LeanHistogram, SIZE_BUCKETS } from './lean-histogram.ts';
import type { RouteLabel } from './router.ts';
import { observeTriggers } from './trigger-metrics.ts';

/** What is asked of the rest of the server when metrics are collected. */
export interface MetricSources {
  liveReaders(): number;
  unflushedBytes(): number;
  checkpointLagCommits(): number;
  walBytes(): number;
  streamsInMemory(): number;
  triggers(): TriggerActivity;
}

/** Counts a finished request. */
export type RequestObserver = (status: number, seconds: number) => void;

/** The server's own numbers, in Prometheus's format at `/metrics`. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: LeanHistogram;
  readonly #observers = new Map<RouteLabel, Map<string, RequestObserver>>();
  readonly #accounts = new AccountLabels();
  readonly #byAccount = new Map<string, number>();
  #appends = 0;
  #appendedBytes = 0;
  readonly #commits: Counter;
  readonly #bytes: Counter;
  readonly #syncSeconds: (seconds: number) => void;
  readonly #groupCommits: (commits: number) => void;
  readonly #checkpointSeconds: (seconds: number) => void;
  readonly #checkpointFailures: Counter;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new LeanHistogram(
      this.registry,
      'millrace_http_request_seconds',
      'Time from a request to the end of its answer, live reads included',
      LATENCY_BUCKETS,
    );
    this.#total('millrace_appends_total', 'Appends stored: POSTs with data', () => this.#appends);
    this.#total('millrace_appended_bytes_total', 'Bytes that appends brought', () => {
      return this.#appendedBytes;
    });
    this.#accountRequests();
    this.#commits = new Counter({
      name: 'millrace_commits_total',
      help: 'Commits made durable: appends, creations, closings, deletions',
      registers,
    });
    this.#bytes = new Counter({
      name: 'millrace_wal_written_bytes_total',
      help: 'Bytes written to the write-ahead log',
      registers,
    });
    const series = (
      name: string,
      help: string,
      buckets: readonly number[],
    ): ((value: number) => void) => new LeanHistogram(this.registry, name, help, buckets).series();
    this.#syncSeconds = series('millrace_fsync_seconds', 'Time of a log sync', LATENCY_BUCKETS);
    this.#groupCommits = series(
      'millrace_group_commits',
      'Commits that one sync acknowledged',
      SIZE_BUCKETS,
    );
    this.#checkpointSeconds = series(
      'millrace_checkpoint_seconds',
      'Time of a checkpoint',
      LATENCY_BUCKETS,
    );
    this.#checkpointFailures = new Counter({
      name: 'millrace_checkpoint_failures_total',
      help: 'Checkpoints that failed and will be tried again',
      registers,
    });
  }

  observe(sources: MetricSources): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      const metric: Gauge = new Gauge({
        name,
        help,
        registers: [this.registry],
        collect: () => {
          metric.set(read());
        },
      });
    };
    gauge('millrace_live_readers', 'Open long-polls and SSE readers', () => sources.liveReaders());
    gauge('millrace_unflushed_bytes', 'Durable in the log, not yet in the index', () =>
      sources.unflushedBytes(),
    );
    gauge('millrace_checkpoint_lag_commits', 'Commits that a restart would replay', () =>
      sources.checkpointLagCommits(),
    );
    gauge('millrace_wal_bytes', 'Size of the write-ahead log', () => sources.walBytes());
    gauge('millrace_streams_in_memory', 'Streams whose heads are in memory', () =>
      sources.streamsInMemory(),
    );
    observeTriggers(this.registry, this.#accounts, () => sources.triggers());
  }

  /** Who observes requests of a route and method. Clients cannot make more methods than node knows. */
  requests(route: RouteLabel, method: string): RequestObserver {
    let methods = this.#observers.get(route);
    if (methods === undefined) {
      methods = new Map<string, RequestObserver>();
      this.#observers.set(route, methods);
    }
    let observer = methods.get(method);
    if (observer === undefined) {
      const histogram = this.#requests;
      const byStatus: ((seconds: number) => void)[] = [];
      observer = (status, seconds) => {
        byStatus[status] ??= histogram.series({ route, method, status: String(status) });
        byStatus[status](seconds);
      };
      methods.set(method, observer);
    }
    return observer;
  }

  /** Counts a request that an account was let in for. */
  requestOf(account: string): void {
    const label = this.#accounts.of(account);
    this.#byAccount.set(label, (this.#byAccount.get(label) ?? 0) + 1);
  }

  #accountRequests(): void {
    const requests: Counter = new Counter({
      name: 'millrace_account_requests_total',
      help: 'Requests let in by their credentials',
      labelNames: ['account'],
      registers: [this.registry],
      collect: () => {
        requests.reset();
        for (const [account, count] of this.#byAccount) requests.inc({ account }, count);
      },
    });
  }

  /** Counts a stored append. */
  appended(bytes: number): void {
    this.#appends += 1;
    this.#appendedBytes += bytes;
  }

  /** A counter whose value is kept elsewhere, where counting is cheap. */
  #total(name: string, help: string, read: () => number): void {
    const metric: Counter = new Counter({
      name,
      help,
      registers: [this.registry],
      collect: () => {
        metric.reset();
        metric.inc(read());
      },
    });
  }

  group(commits: number, bytes: number, syncSeconds: number): void {
    this.#commits.inc(commits);
    this.#bytes.inc(bytes);
    this.#groupCommits(commits);
    if (syncSeconds > 0) this.#syncSeconds(syncSeconds);
  }

  checkpoint(seconds: number): void {
    this.#checkpointSeconds(seconds);
  }

  checkpointFailed(): void {
    this.#checkpointFailures.inc();
  }
}
