import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/messages/view.ts';
import { subject } from '../support/managed.ts';

describe('what a message counts for', () => {
  it.each([
    { on: 'a', body: 0, bytes: 1 },
    { on: 'orders.a', body: 10, bytes: 18 },
    { on: 'é.😀', body: 1, bytes: 8 },
  ])('is the bytes of its subject and its body: $on and $body', ({ on, body, bytes }) => {
    expect(sizeOf(subject(on), body)).toBe(bytes);
  });
});
