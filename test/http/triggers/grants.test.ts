import { expect, test } from 'vitest';
import { AccountClient, bearer } from '../../support/http/account-client.ts';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { SECRET } from '../../support/accounts/tokens.ts';
import { service as answering } from '../../services/service.ts';
import { at } from '../../support/openapi-checker.ts';

const CREATED: unknown = expect.stringMatching(/^\d{4}-/);
const ID: unknown = expect.stringMatching(/./);

onTriggerEngines(
  'exports and imports',
  (api) => {
    const { served } = api.storage;

    test('are made with a trigger, say what it says of them, and go with it', async () => {
      const own = new AccountClient(api);
      const { account } = own;
      const name = await own.trigger(
        'orders',
        { subject: 'copies.>', name: 'in', share: true, allow_trace: false },
        {
          source: {
            subject: 'orders.>',
            name: 'out',
            description: 'what is ordered',
            info_url: 'https://example.test/orders',
            advertise: false,
            allow_trace: true,
            response_type: 'Stream',
          },
        },
      );
      const terms = { id: ID, type: 'stream', trigger: name, created: CREATED };
      expect(await own.grants('export')).toEqual([
        {
          ...terms,
          subject: 'orders.>',
          accounts: [account],
          name: 'out',
          description: 'what is ordered',
          info_url: 'https://example.test/orders',
          advertise: false,
          allow_trace: true,
          response_type: 'Stream',
        },
      ]);
      expect(await own.grants('import')).toEqual([
        { ...terms, subject: 'copies.>', account, name: 'in', share: true, allow_trace: false },
      ]);
      await own.delete(name);
      expect(await own.grants('export')).toEqual([]);
      expect(await own.grants('import')).toEqual([]);
    });

    test('that stand by themselves are listed as they were given', async () => {
      const own = new AccountClient(api);
      const exported = { subject: 'orders.>', accounts: ['one', 'two'], name: 'out' };
      const imported = { account: 'one', subject: 'prices', type: 'service' };
      const ids = [await own.grant('export', exported), await own.grant('import', imported)];
      const terms = { created: CREATED, type: 'stream' };
      expect(await own.grants('export')).toEqual([{ ...terms, ...exported, id: ids[0] }]);
      expect(await own.grants('import')).toEqual([{ ...terms, ...imported, id: ids[1] }]);
      const other = new AccountClient(api);
      expect(await other.grants('export')).toEqual([]);
      for (const side of ['export', 'import'] as const) {
        const foreign = await other.ask('DELETE', `/accounts/${side}?id=${ids[0] ?? ''}`);
        const absent = await other.ask('DELETE', `/accounts/${side}?id=none`);
        expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
      }
      const inBody = await own.ask('DELETE', '/accounts/export', { id: ids[0] });
      expect(inBody.json).toEqual({ message: 'success', id: ids[0] });
      expect(await own.grants('export')).toEqual([]);
    });

    test.each([
      ['export', {}, 'subject'],
      ['export', { subject: 'a..b' }, 'subject'],
      ['export', { subject: 'a', type: 'other' }, 'type'],
      ['export', { subject: 'a', accounts: ['ok', '?'] }, 'accounts'],
      ['export', { subject: 'a', info_url: 'no url' }, 'info_url'],
      ['export', { subject: '$DS.demo.x', type: 'service' }, 'subject'],
      ['import', { subject: 'a' }, 'account'],
      ['import', { subject: 'a', account: '?' }, 'account'],
      ['import', { account: 'one' }, 'subject'],
      ['import', { account: 'one', subject: 'a', share: true }, ''],
    ])('%s %j is refused', async (side, terms, field) => {
      const answer = await new AccountClient(api).ask('POST', `/accounts/${side}`, terms);
      expect([answer.status, at(answer.json, 'error')]).toEqual([400, 'validation_error']);
      expect(at(answer.json, 'message')).toContain(field);
    });

    test('are removed by one id, given once', async () => {
      const own = new AccountClient(api);
      for (const [query, body] of [
        ['', undefined],
        ['?id=a', { id: 'a' }],
        ['?id=a&id=a', undefined],
      ] as const) {
        expect((await own.ask('DELETE', `/accounts/import${query}`, body)).status).toBe(400);
      }
    });

    test.each(['export', 'import'] as const)(
      'of which the %s is revoked end the flow at once, until a standing one lets it go on (G4)',
      async (side) => {
        const own = new AccountClient(api);
        const [from, to, beside] = [await own.stream(), await own.stream(), await own.stream()];
        const cut = await own.trigger(from, { subject: `${to}.>` });
        await own.trigger(from, { subject: `${beside}.>` });
        await own.publish(from, 1, 2);
        await own.untilBodies(to, 1, 2);
        await own.ungrant(side, await own.grantOf(side, cut));
        expect(await own.state(cut)).toBe(`waiting ${side}-missing`);
        await own.publish(from, 3, 4);
        // The other one is not affected; what reaches it has been there to be carried.
        await own.untilBodies(beside, 1, 2, 3, 4);
        expect(await own.bodies(to)).toEqual([1, 2]);
        const [subject, account] = [side === 'export' ? `${from}.>` : `${to}.>`, own.account];
        const elsewhere = { ...(side === 'import' ? { account } : {}), subject: 'elsewhere.>' };
        await own.grant(side, elsewhere);
        expect(await own.state(cut)).toBe(`waiting ${side}-missing`);
        const terms = side === 'import' ? { account, subject } : { subject, accounts: [account] };
        const standing = await own.grant(side, terms);
        await own.publish(from, 5);
        await own.untilBodies(to, 1, 2, 3, 4, 5);
        expect(await own.state(cut)).toBe('active');
        await own.ungrant(side, standing);
        expect(await own.state(cut)).toBe(`waiting ${side}-missing`);
      },
    );

    test('whose trigger is paused meanwhile are looked at when it is resumed', async () => {
      const own = new AccountClient(api);
      const [from, to] = [await own.stream(), await own.stream()];
      const name = await own.trigger(from, { subject: `${to}.>` });
      const path = `/trigger/triggers/stream/${name}`;
      await own.ask('POST', `${path}/pause`);
      await own.ungrant('import', await own.grantOf('import', name));
      expect(await own.state(name)).toBe('paused');
      await own.ask('POST', `${path}/resume`);
      expect(await own.state(name)).toBe('waiting import-missing');
      await own.ask('POST', `${path}/pause`);
      expect(await own.state(name)).toBe('paused');
      await own.grant('import', { account: own.account, subject: '>' });
      expect(await own.state(name)).toBe('paused');
      await own.publish(from, 1);
      await own.ask('POST', `${path}/resume`);
      await own.untilBodies(to, 1);
    });

    test('of services end what answers to requests, until a standing one lets it through', async () => {
      const own = new AccountClient(api);
      const [service, asked, type] = [freshName(), freshName(), 'service'];
      const receiver = await answering((_request, response) => response.end('"answered"'));
      const url = `http://127.0.0.1:${receiver.port}/`;
      await own.ask('PUT', `/trigger/services/${service}`, { url });
      const source = { subject: service, type };
      const name = await own.trigger('x', { subject: asked, type }, { source });
      const status = async (): Promise<number> => {
        const headers = { Authorization: await bearer(own.account) };
        return (await served.post(`/trigger/request/${asked}`, { headers, body: 'x' })).status;
      };
      expect(await status()).toBe(200);
      await own.ungrant('export', await own.grantOf('export', name));
      expect(await own.state(name)).toBe('waiting export-missing');
      expect(await status()).toBe(503);
      await own.grant('export', { subject: service });
      expect(await status()).toBe(503);
      await own.grant('export', { subject: service, type });
      expect(await status()).toBe(200);
    });

    test('of streams let no durable streams through, and of services no streams', async () => {
      const own = new AccountClient(api);
      const [from, to] = [await own.stream(), await own.stream()];
      const name = await own.trigger(from, { subject: `${to}.>` });
      await own.ungrant('export', await own.grantOf('export', name));
      for (const terms of [
        { subject: '>', type: 'service' },
        { subject: '$DS.>' },
        { subject: `${from}.*` },
        { subject: '>', accounts: [] },
      ]) {
        await own.grant('export', terms);
        expect(await own.state(name)).toBe('waiting export-missing');
      }
      await own.grant('export', { subject: '*.>' });
      expect(await own.state(name)).toBe('active');
    });

    test.runIf(served.engine === 'embedded')('hold over a restart', async () => {
      const own = new AccountClient(api);
      const [from, to, beside] = [await own.stream(), await own.stream(), await own.stream()];
      const cut = await own.trigger(from, { subject: `${to}.>` });
      const name = await own.trigger(from, { subject: `${beside}.>` });
      await own.publish(from, 1);
      await own.untilBodies(to, 1);
      await own.ungrant('import', await own.grantOf('import', cut));
      const lists = [await own.grants('export'), await own.grants('import')];
      await served.restart();
      expect([await own.grants('export'), await own.grants('import')]).toEqual(lists);
      expect(await own.state(cut)).toBe('waiting import-missing');
      await own.publish(from, 2);
      await own.untilBodies(beside, 1, 2);
      expect(await own.bodies(to)).toEqual([1]);
      expect(await own.state(name)).toBe('active');
      const standing = await own.grant('import', { account: own.account, subject: `${to}.>` });
      await own.untilBodies(to, 1, 2);
      await served.restart();
      await own.publish(from, 3);
      await own.untilBodies(to, 1, 2, 3);
      await own.ungrant('import', standing);
      expect(await own.state(cut)).toBe('waiting import-missing');
    });

    test('that are advertised are found by every account, and say no more than they have to', async () => {
      const [own, other] = [new AccountClient(api), new AccountClient(api, 'trigger:read')];
      const find = async (query = ''): Promise<unknown> => {
        const path = `/accounts/export/advertised?account=${own.account}${query}`;
        return at((await other.ask('GET', path)).json, 'body');
      };
      const source = { subject: 'orders.>', advertise: true, name: 'orders', allow_trace: true };
      const info = {
        description: 'all',
        info_url: 'https://example.test',
        response_type: 'Stream',
      };
      const name = await own.trigger(
        'x',
        { subject: 'copies.>' },
        { source: { ...source, ...info } },
      );
      await own.trigger('hidden', { subject: 'copies.>' });
      const { account } = own;
      const found = { account, subject: 'orders.>', type: 'stream', name: 'orders', ...info };
      expect(await find()).toEqual({ results: [found], results_total: 1 });
      const all = await other.ask('GET', '/accounts/export/advertised');
      expect(all.text).toContain(account);
      const shown = { subject: 'prices', type: 'service', advertise: true };
      await own.grant('export', { ...shown, accounts: [freshName()] });
      expect(await find()).toMatchObject({ results_total: 1 });
      await own.grant('export', { ...shown, accounts: [other.account] });
      expect(await find('&limit=1')).toEqual({ results: [found], results_total: 2 });
      expect(await find('&skip=1')).toEqual({
        results: [{ account, subject: 'prices', type: 'service' }],
        results_total: 2,
      });
      await own.ungrant('export', await own.grantOf('export', name));
      expect(await find()).toMatchObject({ results_total: 1 });
    });

    test('are managed with accounts:admin, or a part of it, and found with trigger:read', async () => {
      const own = new AccountClient(api);
      const id = await own.grant('import', { account: 'one', subject: 'in' });
      const statuses = async (scope: string): Promise<number[]> => {
        const as = new AccountClient(api, scope, own.account);
        const [subject, account] = ['in', 'one'];
        const answers = [
          await as.ask('GET', '/accounts/import'),
          await as.ask('POST', '/accounts/import', { account, subject }),
          await as.ask('DELETE', '/accounts/import?id=none'),
          await as.ask('GET', '/accounts/export'),
          await as.ask('POST', '/accounts/export', { subject }),
          await as.ask('DELETE', '/accounts/export?id=none'),
          await as.ask('GET', '/accounts/export/advertised'),
          await as.ask('GET', '/accounts/api-keys'),
        ];
        return answers.map(({ status }) => status);
      };
      const no = [401, 401, 401];
      expect(await statuses('trigger:write streams:read')).toEqual([...no, ...no, 401, 401]);
      expect(await statuses('trigger:read')).toEqual([...no, ...no, 200, 401]);
      expect(await statuses('accounts:admin:api-keys')).toEqual([...no, ...no, 401, 200]);
      const yes = [200, 201, 404];
      expect(await statuses('accounts:admin:imports')).toEqual([...yes, ...no, 401, 401]);
      expect(await statuses('accounts:admin:exports')).toEqual([...no, ...yes, 401, 401]);
      expect(await statuses('accounts:admin')).toEqual([...yes, ...yes, 401, 200]);
      await own.ungrant('import', id);
    });
  },
  { jwtSecret: SECRET, servicesAllowLoopback: true },
);
