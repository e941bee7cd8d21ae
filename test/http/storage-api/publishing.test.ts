import { expect, test } from 'vitest';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';

onStorageEngines('publishing', (api) => {
  const read = async (name: string, seq: number): Promise<unknown> =>
    at((await api.ask('GET', `/storage/streams/${name}/messages/${seq}`)).json, 'body');

  test('a message is answered with its stream and its sequence', async () => {
    const name = await api.stream();
    for (const seq of [1, 2]) {
      const answer = await api.publish(name, `${name}.a`, { n: seq });
      expect(answer.json).toEqual({ message: 'success', stream: name, seq });
    }
    const created: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
    const found = { seq: 2, subject: `${name}.a`, value: '{"n":2}', created };
    expect(await read(name, 2)).toEqual(found);
  });

  test('a body is kept as it was written', async () => {
    const name = await api.stream();
    const written = '{ "b":1.0, "a": "\\u00e9é", "a":[ ],"big":123456789012345678901 }';
    const body = ` {"body" :  ${written}  , "subject":"${name}.\\u0061","stream":"${name}"}`;
    expect((await api.send(name, body)).status).toBe(200);
    expect(await read(name, 1)).toMatchObject({ subject: `${name}.a`, value: written });
  });

  test('any JSON value is a body', async () => {
    const name = await api.stream();
    const values = [null, true, false, 0, -1.5e10, '', 'text', [], {}, [[1], { a: null }]];
    for (const value of values)
      expect((await api.publish(name, `${name}.a`, value)).status).toBe(200);
    expect(await api.bodies(name)).toEqual(values);
  });

  test('the stream must be the one of the path', async () => {
    const name = await api.stream();
    const other = await api.stream();
    for (const stream of [other, '', null, 5, undefined]) {
      const answer = await api.send(name, { stream, subject: `${name}.a`, body: 1 });
      expect([stream, verdict(answer)]).toEqual([stream, '400 validation_error']);
    }
    expect((await api.look(name)).state).toMatchObject({ messages: 0 });
  });

  test('the subject must be literal, and captured by this stream', async () => {
    const name = await api.stream();
    const other = await api.stream();
    for (const subject of [
      `${name}.*`,
      `${name}.>`,
      '',
      'a..b',
      'a b',
      `${name}.\ud800`,
      5,
      null,
    ]) {
      const answer = await api.send(name, { stream: name, subject, body: 1 });
      expect([subject, verdict(answer)]).toEqual([subject, '400 validation_error']);
    }
    for (const subject of [name, `${other}.a`, `x.${name}.a`]) {
      const answer = await api.publish(name, subject, 1);
      expect([subject, verdict(answer)]).toEqual([subject, '400 subject_not_captured']);
    }
  });

  test.each([
    '',
    '{',
    '[]',
    '[{"subject":"a","body":1}]',
    'null',
    '{"stream":"NAME","subject":"NAME.a"}',
    '{"stream":"NAME","body":1}',
    '{"stream":"NAME","subject":"NAME.a","body":}',
    '{"stream":"NAME","subject":"NAME.a","body":1}}',
    '{"stream":"NAME","subject":"NAME.a","body":1,"messages":[]}',
    '{"messages":[]}',
    '{"messages":[1]}',
    '{"messages":[{"subject":"NAME.a","body":1},{"subject":"NAME.a"}]}',
    '{"messages":[{"subject":"NAME.a","body":1},{"subject":"NAME.*","body":1}]}',
    '{"messages":[{"stream":"x","subject":"NAME.a","body":1}]}',
  ])('%s is refused, and nothing is stored', async (text) => {
    const name = await api.stream();
    const answer = await api.send(name, text.replaceAll('NAME', name));
    expect(verdict(answer)).toBe('400 validation_error');
    expect((await api.look(name)).state).toMatchObject({ messages: 0, last_seq: 0 });
  });

  test('what is no UTF-8 is refused', async () => {
    const name = await api.stream();
    const text = `{"stream":"${name}","subject":"${name}.a","body":"\u00ff"}`;
    expect(verdict(await api.send(name, Buffer.from(text, 'latin1')))).toBe('400 validation_error');
  });

  test('a batch is stored whole, in its order, and answered with its ends', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    const answer = await api.batch(name, [
      { subject: `${name}.b`, body: 'x' },
      { subject: `${name}.a`, body: 'y' },
      { subject: `${name}.b`, body: 'z' },
    ]);
    expect(answer.json).toEqual({ message: 'success', stream: name, seq: 5, first_seq: 3 });
    expect(await api.bodies(name)).toEqual([1, 2, 'x', 'y', 'z']);
  });

  test('a batch with one message that is not captured is not stored at all', async () => {
    const name = await api.stream();
    const answer = await api.batch(name, [
      { subject: `${name}.a`, body: 1 },
      { subject: 'elsewhere', body: 2 },
    ]);
    expect(verdict(answer)).toBe('400 subject_not_captured');
    expect((await api.look(name)).state).toMatchObject({ messages: 0, last_seq: 0 });
  });

  test('messages from many at once have a sequence each', async () => {
    const name = await api.stream();
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((n) => api.publish(name, `${name}.${n}`, n)));
    const seqs = answers.map(({ json }) => Number(at(json, 'seq')));
    expect(seqs.toSorted((one, other) => one - other)).toEqual(numbers.map((n) => n + 1));
    expect((await api.bodies(name)).length).toBe(50);
  });

  test('an id that is known stores nothing, and is answered with the sequence of then', async () => {
    const name = await api.stream();
    const headers = { 'Msg-Id': 'order 1/created' };
    expect((await api.publish(name, `${name}.a`, 1, headers)).json).toEqual({
      message: 'success',
      stream: name,
      seq: 1,
    });
    await api.publish(name, `${name}.b`, 2);
    const again = await api.publish(name, `${name}.a`, 1, headers);
    expect(again.json).toEqual({ message: 'success', stream: name, seq: 1, duplicate: true });
    expect((await api.publish(name, `${name}.a`, 3, { 'Msg-Id': 'other' })).json).toMatchObject({
      seq: 3,
    });
    expect(await api.bodies(name)).toEqual([1, 2, 3]);
  });

  test('an id is forgotten after the duplicate window', async () => {
    const name = await api.stream({ duplicate_window: 1 });
    const headers = { 'Msg-Id': 'again' };
    const first = Date.now();
    expect((await api.publish(name, `${name}.a`, 1, headers)).status).toBe(200);
    // The window is shorter than what the clock tells apart: the next millisecond is behind it.
    await expect.poll(() => Date.now()).toBeGreaterThan(first + 1);
    const again = await api.publish(name, `${name}.a`, 2, headers);
    expect(again.json).toEqual({ message: 'success', stream: name, seq: 2 });
  });

  test('many at once with one id store one message', async () => {
    const name = await api.stream();
    const headers = { 'Msg-Id': 'once' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.publish(name, `${name}.a`, 1, headers)),
    );
    expect(answers.filter(({ json }) => at(json, 'duplicate') !== true)).toHaveLength(1);
    expect(new Set(answers.map(({ json }) => at(json, 'seq')))).toEqual(new Set([1]));
    expect(await api.bodies(name)).toEqual([1]);
  });

  test.each(['', 'x'.repeat(256), 'é', 'a\tb'])('the id %j is refused', async (id) => {
    const name = await api.stream();
    const answer = await api.publish(name, `${name}.a`, 1, { 'Msg-Id': id });
    expect(verdict(answer)).toBe('400 validation_error');
    expect(answer.text).toContain('Msg-Id');
  });

  test('the last sequence that is expected must be the last', async () => {
    const name = await api.stream();
    const expecting = (seq: number): ReturnType<typeof api.publish> =>
      api.publish(name, `${name}.a`, seq, { 'Expected-Last-Seq': String(seq) });
    expect((await expecting(0)).json).toMatchObject({ seq: 1 });
    expect(verdict(await expecting(0))).toBe('400 wrong_last_sequence');
    expect(verdict(await expecting(2))).toBe('400 wrong_last_sequence');
    expect((await expecting(1)).json).toMatchObject({ seq: 2 });
    expect(await api.bodies(name)).toEqual([0, 1]);
  });

  test('of many at once that expect the same last sequence, one is stored', async () => {
    const name = await api.stream();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        api.publish(name, `${name}.${n}`, n, { 'Expected-Last-Seq': '0' }),
      ),
    );
    const verdicts = answers.map(verdict).toSorted();
    expect(verdicts).toEqual(['200', ...Array<string>(19).fill('400 wrong_last_sequence')]);
  });

  test('the last sequence of a subject that is expected must be its last', async () => {
    const name = await api.stream();
    await api.fill(name, 3);
    const expecting = (subject: string, seq: number): ReturnType<typeof api.publish> =>
      api.publish(name, `${name}.${subject}`, 'x', { 'Expected-Last-Subject-Seq': String(seq) });
    expect(verdict(await expecting('2', 3))).toBe('400 wrong_last_sequence');
    expect((await expecting('2', 2)).json).toMatchObject({ seq: 4 });
    expect((await expecting('2', 4)).json).toMatchObject({ seq: 5 });
    expect((await expecting('new', 0)).json).toMatchObject({ seq: 6 });
    expect(verdict(await expecting('new', 0))).toBe('400 wrong_last_sequence');
    const mixed = [
      { subject: `${name}.1`, body: 1 },
      { subject: `${name}.2`, body: 2 },
    ];
    const answer = await api.batch(name, mixed, { 'Expected-Last-Subject-Seq': '5' });
    expect(verdict(answer)).toBe('400 validation_error');
  });

  test.each(['', '-1', '1.5', 'x', '0x1', '01', '9007199254740993', ' '])(
    'the expected sequence %j is refused',
    async (text) => {
      const name = await api.stream();
      for (const header of ['Expected-Last-Seq', 'Expected-Last-Subject-Seq']) {
        const answer = await api.publish(name, `${name}.a`, 1, { [header]: text });
        expect(verdict(answer)).toBe('400 validation_error');
        expect(answer.text).toContain(header);
      }
    },
  );

  test('to a mirror is refused', async () => {
    const origin = await api.stream();
    const name = `${origin}-mirror`;
    expect((await api.put(name, { mirror: { name: origin } })).status).toBe(200);
    expect(verdict(await api.publish(name, name, 1))).toBe('400 stream_is_mirror');
  });

  test('to a sealed stream is refused', async () => {
    const name = await api.stream({ sealed: true });
    expect(verdict(await api.publish(name, `${name}.a`, 1))).toBe('400 stream_sealed');
  });
});

onStorageEngines(
  'publishing within bounds',
  (api) => {
    test('a body may nest as deep as JSON may', async () => {
      const name = await api.stream();
      const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
      const send = (value: string): ReturnType<typeof api.send> =>
        api.send(name, `{"stream":"${name}","subject":"${name}.a","body":${value}}`);
      expect((await send(nested(20))).status).toBe(200);
      expect(verdict(await send(nested(21)))).toBe('400 validation_error');
      expect(verdict(await send('['.repeat(15_000)))).toBe('400 validation_error');
    });

    test('a batch holds a number of messages and no more', async () => {
      const name = await api.stream();
      await api.fill(name, 30);
      const message = { subject: `${name}.a`, body: 1 };
      const answer = await api.batch(
        name,
        Array.from({ length: 31 }, () => message),
      );
      expect(verdict(answer)).toBe('400 validation_error');
      expect(answer.text).toContain('30');
    });

    test('a body that is too large is refused as such', async () => {
      const name = await api.stream();
      const answer = await api.publish(name, `${name}.a`, 'x'.repeat(20_000));
      expect(verdict(answer)).toBe('413 body_too_large');
    });
  },
  { jsonDepthMax: 20, messagesPerAppendMax: 30, bodyBytesMax: 20_000 },
);
