import { randomBytes, randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ApiKeys } from '../../src/accounts/api-keys.ts';
import { hashOf, isSameHash, KEY_BYTES, keyText } from '../../src/accounts/key-text.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';

// Whether the time of a compare tells how much of a guess is right:
//
//   npx tsx test/faults/credential-timing.ts [--compares 100000]
//
// Guesses that begin as the credential does and guesses that do not are compared in a random order.
// Printed is the t of Welch's test on their times: beyond 4.5 either way the two are told apart.

const { values } = parseArgs({ options: { compares: { type: 'string', default: '100000' } } });
const compares = Number(values.compares);

/** A fresh guess, made with the same effort whether it begins right or not. */
type Guess = (isRight: boolean) => string;

/** The longest times are those of compares that something else came in between of. */
const KEPT = 0.95;

async function measure(make: Guess, compare: (guess: string) => unknown): Promise<string> {
  const times: { readonly right: number[]; readonly wrong: number[] } = { right: [], wrong: [] };
  // The first ones run before the compiler has had its turn.
  for (let count = -compares / 10; count < compares; count += 1) {
    const isRight = randomInt(2) === 0;
    const guess = make(isRight);
    const before = process.hrtime.bigint();
    const compared = compare(guess);
    const ns = Number(process.hrtime.bigint() - before);
    await compared;
    if (count >= 0) (isRight ? times.right : times.wrong).push(ns);
  }
  const ceiling = quantile([...times.right, ...times.wrong], KEPT);
  const one = momentsOf(times.right.filter((ns) => ns <= ceiling));
  const other = momentsOf(times.wrong.filter((ns) => ns <= ceiling));
  const t = (one.mean - other.mean) / Math.sqrt(one.ofMean + other.ofMean);
  return `mean ${one.mean.toFixed(0)} ns with the right beginning, ${other.mean.toFixed(0)} ns without, t ${t.toFixed(1)}`;
}

function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
}

/** The mean, and the variance of it. */
function momentsOf(numbers: readonly number[]): { mean: number; ofMean: number } {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const squares = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, ofMean: squares / (numbers.length - 1) / numbers.length };
}

const keys = new ApiKeys(
  new MemoryEngine({ bytesMax: 1 << 20, life: 'life' }),
  systemClock,
  randomBytes,
);
const created = await keys.create('default', {
  keyName: 'guessed',
  expiresOn: undefined,
  scope: undefined,
});
if (created.kind !== 'created') throw new Error(`no key: ${created.kind}`);
const { key } = created;
const another = (): string => keyText(randomBytes(KEY_BYTES));

/** The text but for its end, put together in the same way whatever it is: that takes time, too. */
const withEnd = (text: string, end: string): string =>
  Buffer.from(text.slice(0, -8) + end.slice(-8)).toString('latin1');

const guessOf =
  (credential: string, make: () => string): Guess =>
  (isRight) => {
    const texts = [make(), credential];
    return withEnd(texts[Number(isRight)] ?? '', make());
  };

const report = async (what: string, guess: Guess, compare: (text: string) => unknown) => {
  console.log(`${what}: ${await measure(guess, compare)}`);
};

const hash = hashOf(key);

/** What no compare of credentials may be: it ends with the first difference. */
function endsEarly(guess: string): boolean {
  for (let at = 0; at < hash.length; at += 1) {
    if (guess.charCodeAt(at) !== hash.charCodeAt(at)) return false;
  }
  return true;
}

const keyGuess = guessOf(key, another);
const hashGuess = guessOf(hash, () => hashOf(another()));
await report('API keys, looked up', keyGuess, (guess) => keys.identify(guess));
await report('their hashes, compared', hashGuess, (guess) => isSameHash(guess, hash));
await report('the same, by one that ends early', hashGuess, endsEarly);
