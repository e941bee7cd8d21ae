import { expect, test } from 'vitest';
import { SECRET } from '../support/accounts/tokens.ts';
import { AccountClient, bearer } from '../support/http/account-client.ts';
import { recordsOf, stateOf, untilAt } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { mortal } from './support/mortals.ts';
import { NumberWriter } from './support/number-writer.ts';
import { killWhenTold } from './support/status-line.ts';

// What accounts let out and in, and a server that is killed the moment that has changed.

const CARRIED_PER_ROUND = 100;

async function bodiesOf(account: AccountClient, stream: string): Promise<unknown[]> {
  return (await recordsOf(account, stream)).map(({ body }) => body);
}

test.each(['import', 'export'] as const)(
  'an %s that was taken away stays so over a kill, and one that was made lets everything go on',
  async (side) => {
    const server = await mortal({ flags: ['--jwt-secret', SECRET] });
    const [giver, taker] = [new AccountClient(server), new AccountClient(server)];
    const [from, beside, to] = [await giver.stream(), await giver.stream(), await taker.stream()];
    const consent = { 'Target-Authorization': await bearer(taker.account) };
    const target = { subject: `${to}.>`, account: taker.account };
    const trigger = await giver.trigger(from, target, {}, consent);
    await giver.trigger(from, { subject: `${beside}.>` });
    const numbers = new NumberWriter(giver, {
      to: from,
      subjectOf: () => `${from}.a`,
      atOnce: 20,
    });
    const granting = side === 'import' ? taker : giver;
    const standing =
      side === 'import'
        ? { account: giver.account, subject: `${to}.>` }
        : { accounts: [taker.account], subject: `${from}.>` };
    const authorization = `Authorization: ${await bearer(granting.account)}`;
    const toldAndKilled = (method: string, query: string, body?: object): Promise<number> => {
      return killWhenTold(server, method, `/accounts/${side}${query}`, body, [authorization]);
    };
    const carried = (): Promise<number> => stateOf(taker, to, 'last_seq');

    // Taken away is what the trigger has made itself, and then what stands instead of it.
    for (const made of [trigger, undefined]) {
      const before = await carried();
      let writing = numbers.publishUntilKilled();
      await until('some of it is carried', async () => {
        return (await carried()) >= before + CARRIED_PER_ROUND;
      });
      const id = await granting.grantOf(side, made);
      expect(await toldAndKilled('DELETE', `?id=${id}`)).toBe(200);
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
      expect(await toldAndKilled('POST', '', standing)).toBe(201);
      await writing;
      await server.start();
      expect(await numbers.publish()).toBe(true);
      await untilAt(taker, to, numbers.published);
      expect(await giver.state(trigger)).toBe('active');
      expect(await bodiesOf(taker, to)).toEqual(await bodiesOf(giver, from));
    }
    const all = await bodiesOf(giver, from);
    expect(all).toEqual(Array.from({ length: numbers.published }, (_, index) => index));
  },
);
