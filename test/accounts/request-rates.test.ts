import { describe, expect, it } from 'vitest';
import { RequestRates } from '../../src/accounts/request-rates.ts';

/** How many of so many requests at this time are let through. */
function letThrough(rates: RequestRates, account: string, count: number, nowMs: number): number {
  const answers = Array.from({ length: count }, () => rates.take(account, nowMs));
  return answers.filter((answer) => answer === undefined).length;
}

describe('the requests of an account', () => {
  it('are as many at once as it may make in a second, and then as time passes', () => {
    const rates = new RequestRates(10);
    expect(letThrough(rates, 'acme', 50, 0)).toBe(10);
    expect(letThrough(rates, 'acme', 50, 100)).toBe(1);
    expect(letThrough(rates, 'acme', 50, 600)).toBe(5);
    expect(letThrough(rates, 'acme', 50, 60_000)).toBe(10);
  });

  it('are counted apart from those of others', () => {
    const rates = new RequestRates(1);
    expect(letThrough(rates, 'acme', 5, 0)).toBe(1);
    expect(letThrough(rates, 'other', 5, 0)).toBe(1);
  });

  it('are told when to come again', () => {
    const rates = new RequestRates(10);
    letThrough(rates, 'acme', 10, 0);
    expect(rates.take('acme', 0)).toEqual({
      code: 'too-many-requests',
      requestsPerSecondMax: 10,
      retryAfterSeconds: 1,
    });
  });

  it('have no limit of 0', () => {
    expect(letThrough(new RequestRates(0), 'acme', 10_000, 0)).toBe(10_000);
  });

  it('are remembered of so many accounts, and of the busy rather than the quiet', () => {
    const rates = new RequestRates(1, 3);
    letThrough(rates, 'quiet', 1, 0);
    letThrough(rates, 'busy one', 1, 1000);
    letThrough(rates, 'busy two', 1, 1000);
    letThrough(rates, 'new', 1, 1000);
    expect(letThrough(rates, 'busy one', 1, 1000)).toBe(0);
    expect(letThrough(rates, 'busy two', 1, 1000)).toBe(0);
  });
});
