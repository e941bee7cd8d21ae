import { expect, test } from 'vitest';
import { SECRET } from '../../support/accounts/tokens.ts';
import { AccountClient, bearer } from '../../support/http/account-client.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { at } from '../../support/openapi-checker.ts';

onTriggerEngines(
  'delivering into another account',
  (api) => {
    /** An account with a source, and another with a target. */
    async function parties() {
      const [giver, taker] = [new AccountClient(api), new AccountClient(api)];
      const [from, to] = [await giver.stream(), await taker.stream()];
      return { giver, taker, from, to, target: { subject: `${to}.>`, account: taker.account } };
    }

    test('is refused without its consent, in the words of the page', async () => {
      const { giver, taker, from, target } = await parties();
      const answer = await giver.try(from, target);
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({
        error: `Unauthorized: The account ${taker.account} has not consented to be delivered to; it may make an import (POST /accounts/import), or its credential be sent as X-Target-Api-Key or Target-Authorization`,
        status_code: 401,
      });
      expect(await giver.grants('export')).toEqual([]);
      expect(await taker.grants('import')).toEqual([]);
    });

    test('rests on a standing import, and ends with it at once', async () => {
      const { giver, taker, from, to, target } = await parties();
      const standing = await taker.grant('import', { account: giver.account, subject: `${to}.>` });
      const name = await giver.trigger(from, target);
      expect(await giver.grants('export')).toMatchObject([
        { trigger: name, accounts: [taker.account] },
      ]);
      expect(await taker.grants('import')).toMatchObject([{ id: standing }]);
      await giver.publish(from, 1, 2);
      await taker.untilBodies(to, 1, 2);
      const beside = await giver.stream();
      await giver.trigger(from, { subject: `${beside}.>` }, { start: 'all' });
      await taker.ungrant('import', standing);
      expect(await giver.state(name)).toBe('waiting import-missing');
      await giver.publish(from, 3);
      await giver.untilBodies(beside, 1, 2, 3);
      expect(await taker.bodies(to)).toEqual([1, 2]);
      expect((await giver.try(from, target)).status).toBe(401);
      await taker.grant('import', { account: giver.account, subject: '*.>' });
      await taker.untilBodies(to, 1, 2, 3);
    });

    test('goes on as long as one of several standing imports is there', async () => {
      const { giver, taker, from, to, target } = await parties();
      const terms = { account: giver.account, subject: `${to}.>` };
      const [one, other] = [await taker.grant('import', terms), await taker.grant('import', terms)];
      const name = await giver.trigger(from, target);
      await taker.ungrant('import', one);
      await giver.publish(from, 1);
      await taker.untilBodies(to, 1);
      await taker.ungrant('import', other);
      expect(await giver.state(name)).toBe('waiting import-missing');
    });

    test('needs an import of that account, for these subjects and this type', async () => {
      const { giver, taker, from, to, target } = await parties();
      const [account, subject] = [giver.account, `${to}.>`];
      for (const terms of [
        { account: taker.account, subject },
        { account, subject: `${to}.a` },
        { account, subject: '$DS.>' },
        { account, subject, type: 'service' },
      ]) {
        await taker.grant('import', terms);
        expect((await giver.try(from, target)).status).toBe(401);
      }
      await taker.grant('import', { account, subject: `${to}.a` });
      const within = { ...target, subject: `${to}.a` };
      expect((await giver.try(from, within)).status).toBe(201);
      const local = { ...target, local_subject: `${to}.b` };
      expect((await giver.try(from, local)).status).toBe(401);
    });

    test('is let by credentials of both accounts, and stands by itself then', async () => {
      const { giver, taker, from, to, target } = await parties();
      const standing = await taker.grant('import', { account: giver.account, subject: `${to}.>` });
      const shown = { 'Target-Authorization': await bearer(taker.account, 'trigger:write') };
      const name = await giver.trigger(from, target, {}, shown);
      expect(await taker.grants('import')).toMatchObject([
        { id: standing },
        { trigger: name, account: giver.account, subject: `${to}.>` },
      ]);
      await taker.ungrant('import', standing);
      await giver.publish(from, 1);
      await taker.untilBodies(to, 1);
      await taker.ungrant('import', await taker.grantOf('import', name));
      expect(await giver.state(name)).toBe('waiting import-missing');
      await giver.delete(name);
      expect(await giver.grants('export')).toEqual([]);
    });

    test('takes an API key of the other account as well', async () => {
      const { giver, taker, from, target } = await parties();
      const made = await taker.ask('POST', '/accounts/api-key', { key_name: 'for them' });
      const shown = { 'X-Target-Api-Key': String(at(made.json, 'key')) };
      const name = await giver.trigger(from, target, {}, shown);
      expect(await taker.grants('import')).toMatchObject([{ trigger: name }]);
      await giver.delete(name);
      expect(await taker.grants('import')).toEqual([]);
    });

    test('takes no credential that could not make the trigger there', async () => {
      const { giver, taker, from, target } = await parties();
      const [named, scope] = [{ name: 'just-this' }, 'trigger:write:just-this'];
      for (const headers of [
        { 'Target-Authorization': 'Bearer x' },
        { 'Target-Authorization': await bearer(giver.account) },
        { 'Target-Authorization': await bearer(taker.account, 'trigger:read') },
        { 'Target-Authorization': await bearer(taker.account, 'trigger:write:other') },
        { 'Target-Authorization': await bearer(taker.account), 'X-Target-Api-Key': 'mk_x' },
        { 'X-Target-Api-Key': 'mk_x' },
      ]) {
        const answer = await giver.try(from, target, named, headers);
        expect(answer.status).toBe(401);
        expect(answer.text).toMatch(/^\{"error":"Unauthorized: .+","status_code":401\}$/);
      }
      const shown = { 'Target-Authorization': await bearer(taker.account, scope) };
      expect((await giver.try(from, target, named, shown)).status).toBe(201);
    });

    test('may rest on a target that the account shares, and ends with that', async () => {
      const { giver, taker, from, to, target } = await parties();
      const inner = await taker.stream();
      const sharing = { subject: `${to}.>`, share: true };
      const plain = await taker.trigger(inner, { subject: `${to}.>` });
      expect((await giver.try(from, target)).status).toBe(401);
      await taker.delete(plain);
      const shared = await taker.trigger(inner, sharing);
      const name = await giver.trigger(from, target);
      expect(await taker.grants('import')).toMatchObject([{ trigger: shared, share: true }]);
      await giver.publish(from, 1);
      await taker.untilBodies(to, 1);
      await taker.delete(shared);
      expect(await giver.state(name)).toBe('waiting import-missing');
      await giver.publish(from, 2);
      expect(await taker.bodies(to)).toEqual([1]);
      const again = await taker.trigger(inner, sharing);
      await taker.untilBodies(to, 1, 2);
      await taker.ungrant('import', await taker.grantOf('import', again));
      expect(await giver.state(name)).toBe('waiting import-missing');
      expect(await taker.state(again)).toBe('waiting import-missing');
    });

    test('leads back by triggers of the other account, which are not named', async () => {
      const { giver, taker, from, to, target } = await parties();
      await taker.grant('import', { account: giver.account, subject: `${to}.>` });
      await giver.grant('import', { account: taker.account, subject: `${from}.>` });
      const beside = await taker.stream();
      const within = await taker.trigger(to, { subject: `${beside}.>` });
      const back = { subject: `${from}.>`, account: giver.account };
      const returning = await taker.trigger(beside, back);
      const answer = await giver.try(from, target);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('leads back to the source');
      expect(answer.text).toContain('of another account');
      for (const name of [within, returning]) expect(answer.text).not.toContain(name);
    });

    test('is shared by nobody but the account itself, and no further than it says', async () => {
      const { giver, taker, from, to, target } = await parties();
      const shown = { 'Target-Authorization': await bearer(taker.account) };
      await giver.trigger(from, { ...target, share: true }, {}, shown);
      const third = new AccountClient(api);
      expect((await third.try('any', target)).status).toBe(401);
      await taker.trigger(await taker.stream(), { subject: `${to}.a`, share: true });
      expect((await third.try('any', target)).status).toBe(401);
      expect((await third.try('any', { ...target, subject: `${to}.a` })).status).toBe(201);
    });
  },
  { jwtSecret: SECRET },
);

onTriggerEngines('a server without credentials', (api) => {
  test('takes any account for a target, and shows its import nowhere but there', async () => {
    const from = await api.storage.stream();
    const target = { subject: 'in.>', account: 'account_identifier' };
    const name = await api.carrying(`${from}.>`, 'in.>', { target });
    const exported = await api.ask('GET', '/accounts/export');
    const results = at(exported.json, 'body', 'results');
    expect(results).toContainEqual(
      expect.objectContaining({ trigger: name, accounts: ['account_identifier'] }),
    );
    expect((await api.ask('GET', '/accounts/import')).text).not.toContain(name);
    expect(await api.status(name)).not.toMatchObject({ reason: 'import-missing' });
  });
});
