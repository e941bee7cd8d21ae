import { expect, test } from 'vitest';
import { SECRET } from '../support/accounts/tokens.ts';
import { AccountClient, bearer } from '../support/http/account-client.ts';
import { recordsOf, stateOf, untilAt } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { mortal } from './support/mortals.ts';
import { NumberWriter } from './support/number-writer.ts';
import { killWhenTold } from './support/status-line.ts';

// What accounts let out and in, and a server that is killed the moment that has changed.

const CARRIED_AT_LEAST = 100;

async function bodiesOf(account: AccountClient, stream: string): Promise<unknown[]> {
  return (await recordsOf(account, stream)).map(({ body }) => body);
}

test('a killed server goes by the exports and imports that it has answered for', async () => {
  const server = await mortal({ flags: ['--jwt-secret', SECRET] });
  const [giver, taker] = [new AccountClient(server), new AccountClient(server)];
  const [from, beside, to] = [await giver.stream(), await giver.stream(), await taker.stream()];
  const consent = { 'Target-Authorization': await bearer(taker.account) };
  const target = { subject: `${to}.>`, account: taker.account };
  const trigger = await giver.trigger(from, target, {}, consent);
  await giver.trigger(from, { subject: `${beside}.>` });
  const numbers = new NumberWriter(giver, { to: from, subjectOf: () => `${from}.a`, atOnce: 20 });
  const carried = (): Promise<number> => stateOf(taker, to, 'last_seq');

  const sides = [
    { side: 'import', of: taker, standing: { account: giver.account, subject: `${to}.>` } },
    { side: 'export', of: giver, standing: { accounts: [taker.account], subject: `${from}.>` } },
  ] as const;
  for (const { side, of, standing } of sides) {
    const path = `/accounts/${side}`;
    const fields = [`Authorization: ${await bearer(of.account)}`];
    const id = await of.grantOf(side, trigger);
    const before = await carried();
    let writing = numbers.publishUntilKilled();
    await until('some of it is carried', async () => {
      return (await carried()) >= before + CARRIED_AT_LEAST;
    });
    const removal = `${path}?id=${id}`;
    expect(await killWhenTold(server, 'DELETE', removal, undefined, fields)).toBe(200);
    await writing;
    await server.start();

    const arrived = await carried();
    expect(await giver.state(trigger)).toBe(`waiting ${side}-missing`);
    expect(await numbers.publish()).toBe(true);
    // Another trigger has its part: there was something to carry, and time for it.
    await untilAt(giver, beside, numbers.published);
    expect(await giver.state(trigger)).toBe(`waiting ${side}-missing`);
    expect(await bodiesOf(taker, to)).toEqual((await bodiesOf(giver, from)).slice(0, arrived));

    writing = numbers.publishUntilKilled();
    expect(await killWhenTold(server, 'POST', path, standing, fields)).toBe(201);
    await writing;
    await server.start();
    expect(await numbers.publish()).toBe(true);
    await untilAt(taker, to, numbers.published);
    expect(await giver.state(trigger)).toBe('active');
    expect(await bodiesOf(taker, to)).toEqual(await bodiesOf(giver, from));
  }
  const all = Array.from({ length: numbers.published }, (_, index) => index);
  expect(await bodiesOf(giver, from)).toEqual(all);
}, 60_000);
