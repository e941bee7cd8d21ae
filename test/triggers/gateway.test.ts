import { expect, it } from 'vitest';
import { GATEWAY_METHODS } from '../../src/triggers/gateway.ts';

it('a gateway trigger is called by methods that are asked, not by those about asking', () => {
  expect(GATEWAY_METHODS).toEqual(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
});
