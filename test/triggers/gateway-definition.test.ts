import { describe, expect, it } from 'vitest';
import {
  parseGatewayDefinition,
  TIMEOUT_MS_MAX,
  type GatewayDefinition,
} from '../../src/triggers/gateway-definition.ts';
import type { Misfit } from '../../src/triggers/field-reader.ts';

const MAPPING = {
  method: 'POST',
  path: '/orders',
  is_public: true,
  limit: { request: 10, time: 1000 },
  timeout: 5000,
  subject: 'orders.new',
};
const GIVEN = {
  name: 'my-gateway',
  collection: 'my-collection',
  description: 'Orders of the shop',
  trigger_type: 'gateway',
  gateway_mapping: MAPPING,
};

function definition(given: unknown): GatewayDefinition {
  const parsed = parseGatewayDefinition(given);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.misfit));
  return parsed.definition;
}

function misfit(given: unknown): Misfit | undefined {
  const parsed = parseGatewayDefinition(given);
  return parsed.ok ? undefined : parsed.misfit;
}

function mapped(members: object): object {
  return { ...GIVEN, gateway_mapping: { method: 'POST', path: '/orders', ...members } };
}

describe('the definition of a gateway trigger', () => {
  it('is what was given, and what it comes to', () => {
    const { trigger, ...made } = definition(GIVEN);
    expect({ ...trigger, trigger_type: 'gateway' }).toEqual(GIVEN);
    expect(made).toEqual({
      method: 'POST',
      path: '/orders',
      isPublic: true,
      limit: { request: 10, time: 1000 },
      timeoutMs: 5000,
      to: { kind: 'managed', pattern: 'orders.new' },
    });
  });

  it('needs a name, a method and a path alone', () => {
    const mapping = { method: 'GET', path: '/' };
    const given = { name: 'least', trigger_type: 'gateway', gateway_mapping: mapping };
    const { trigger, ...made } = definition(given);
    expect(trigger).toEqual({ name: 'least', gateway_mapping: mapping });
    expect(made).toEqual({
      method: 'GET',
      path: '/',
      isPublic: false,
      limit: undefined,
      timeoutMs: 30_000,
      to: { kind: 'managed', pattern: 'gateway.least' },
    });
  });

  it('may lead to a durable stream', () => {
    expect(definition(mapped({ subject: '$DS.demo.a%2Eb' })).to).toEqual({
      kind: 'durable',
      pattern: '$DS.demo.a%2Eb',
      bucket: 'demo',
      stream: 'a.b',
    });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('has the method %s', (method) => {
    expect(definition(mapped({ method })).method).toBe(method);
  });

  it.each<[object, string]>([
    [{ ...GIVEN, name: undefined }, 'name'],
    [{ ...GIVEN, trigger_type: undefined }, 'trigger_type'],
    [{ ...GIVEN, gateway_mapping: undefined }, 'gateway_mapping'],
    [mapped({ method: undefined }), 'gateway_mapping.method'],
    [mapped({ path: undefined }), 'gateway_mapping.path'],
    [mapped({ limit: { time: 1 } }), 'gateway_mapping.limit.request'],
    [mapped({ limit: { request: 1 } }), 'gateway_mapping.limit.time'],
  ])('lacks in %j: %s', (given, field) => {
    expect(misfit(JSON.parse(JSON.stringify(given)))).toEqual({ kind: 'missing', field });
  });

  it.each<[unknown, string]>([
    ['no object', ''],
    [{ ...GIVEN, name: 'a.b' }, 'name'],
    [{ ...GIVEN, name: 7 }, 'name'],
    [{ ...GIVEN, trigger_type: 'stream' }, 'trigger_type'],
    [{ ...GIVEN, gateway_mapping: [] }, 'gateway_mapping'],
    [{ ...GIVEN, source: {} }, 'source'],
    [mapped({ method: 'HEAD' }), 'gateway_mapping.method'],
    [mapped({ method: 'post' }), 'gateway_mapping.method'],
    [mapped({ path: 'orders' }), 'gateway_mapping.path'],
    [mapped({ path: '/orders?a=b' }), 'gateway_mapping.path'],
    [mapped({ path: '/a/../b' }), 'gateway_mapping.path'],
    [mapped({ path: '/größe' }), 'gateway_mapping.path'],
    [mapped({ path: '/{id}' }), 'gateway_mapping.path'],
    [mapped({ is_public: 'yes' }), 'gateway_mapping.is_public'],
    [mapped({ limit: 7 }), 'gateway_mapping.limit'],
    [mapped({ limit: { request: 0, time: 1 } }), 'gateway_mapping.limit.request'],
    [mapped({ limit: { request: 1, time: 1.5 } }), 'gateway_mapping.limit.time'],
    [mapped({ limit: { request: 1, time: 1, burst: 1 } }), 'gateway_mapping.limit.burst'],
    [mapped({ timeout: 0 }), 'gateway_mapping.timeout'],
    [mapped({ timeout: TIMEOUT_MS_MAX + 1 }), 'gateway_mapping.timeout'],
    [mapped({ subject: 'orders.*' }), 'gateway_mapping.subject'],
    [mapped({ subject: 'a..b' }), 'gateway_mapping.subject'],
    [mapped({ subject: '$DS.demo.>' }), 'gateway_mapping.subject'],
    [mapped({ subject: 'ms.trigger.stream.mine' }), 'gateway_mapping.subject'],
    [mapped({ rate: 1 }), 'gateway_mapping.rate'],
  ])('is unfit: %j, by its %s', (given, field) => {
    expect(misfit(given)).toMatchObject({ kind: 'wrong', field });
  });

  it('says how a path is written that is written otherwise', () => {
    expect(misfit(mapped({ path: '/%7eann' }))).toEqual({
      kind: 'wrong',
      field: 'gateway_mapping.path',
      reason: 'must be written /~ann',
    });
  });
});
