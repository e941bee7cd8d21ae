import { preflightHeaders } from './cors.ts';
import type { Exchange } from './exchange.ts';

/** Answers a method that none of those is that are served at an address: by naming these. */
export function answerOtherMethod(exchange: Exchange, served: readonly string[]): void {
  const allow = [...served, 'OPTIONS'].join(', ');
  if (exchange.method === 'OPTIONS') {
    exchange.answer(204, ['Allow', allow, ...preflightHeaders(allow)]);
  } else {
    exchange.refuse({ code: 'method-not-allowed', allow });
  }
}
