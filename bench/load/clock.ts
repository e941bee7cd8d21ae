// performance.now() counts from the start of its own process; the monotonic clock behind it is one
// for the whole machine, so adding the distance once makes times of two processes comparable.
const distanceMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export function sharedNowMs(): number {
  return performance.now() + distanceMs;
}
