import { expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { JSON_TYPE, ManagedStreams, offsetBehind } from '../../support/http/managed-streams.ts';
import { at } from '../../support/openapi-checker.ts';

onBothEngines('appending to a managed stream', {}, (served) => {
  const streams = new ManagedStreams(served);

  const subjects = async (name: string): Promise<unknown[]> => {
    const whole = (await streams.read(name, 'offset=-1&view=envelope')).json;
    return Array.isArray(whole) ? whole.map((each: unknown) => at(each, 'subject')) : [];
  };

  test('stores one message, on its own name where nothing else is said', async () => {
    const name = await streams.create();
    const appended = await streams.append(name, '{"id": 1}');
    expect([appended.status, appended.text]).toEqual([204, '']);
    expect(appended.offset).toBe(offsetBehind(1));
    expect((await streams.read(name)).text).toBe('[{"id": 1}]');
    expect(await subjects(name)).toEqual([name]);
  });

  test('stores it on the subject that Stream-Subject names', async () => {
    const name = await streams.create();
    const subject = { 'Stream-Subject': `${name}.eu.new` };
    expect((await streams.append(name, '1', subject)).status).toBe(204);
    expect(await subjects(name)).toEqual([`${name}.eu.new`]);
    const search = `/storage/streams/${name}/search-by-subject?search=${name}.eu.new`;
    const found = await served.send('GET', search, { headers: JSON_TYPE });
    expect(at(found.json, 'body', 'results_total')).toBe(1);
  });

  test('takes an array for its elements, one level deep, each as it was sent', async () => {
    const name = await streams.create();
    const elements = ['1.0', '[2,[3]]', '{"z":1, "a":123456789012345678901}', '"four"'];
    const appended = await streams.append(name, `[ ${elements.join(' , ')} ]`);
    expect([appended.status, appended.offset]).toEqual([204, offsetBehind(4)]);
    expect((await streams.read(name)).text).toBe(`[${elements.join(',')}]`);
    expect((await streams.append(name, '[[5,6]]')).offset).toBe(offsetBehind(5));
  });

  test('takes JSON by any way of writing its type', async () => {
    const name = await streams.create();
    const type = { 'Content-Type': 'Application/JSON; charset=utf-8' };
    expect((await streams.append(name, '1', type)).status).toBe(204);
  });

  test.each([
    ['an empty array', '[]', {}, '400 empty-append'],
    ['no body', '', {}, '400 empty-append'],
    ['what is no JSON', '{"a":', {}, '400 invalid-json'],
    ['two values', '1 2', {}, '400 invalid-json'],
    ['text', 'hello', { 'Content-Type': 'text/plain' }, '409 content-type-differs'],
    [
      'another JSON type',
      '1',
      { 'Content-Type': 'application/x-ndjson' },
      '409 content-type-differs',
    ],
    ['what is no type', '1', { 'Content-Type': 'json' }, '409 content-type-differs'],
    ['a subject with a wildcard', '1', { 'Stream-Subject': 'a.*' }, '400 invalid-header'],
    ['a subject of all', '1', { 'Stream-Subject': '>' }, '400 invalid-header'],
    ['an empty subject', '1', { 'Stream-Subject': '' }, '400 invalid-header'],
    ['a broken subject', '1', { 'Stream-Subject': 'a..b' }, '400 invalid-header'],
    ['a subject not captured', '1', { 'Stream-Subject': 'of.nobody' }, '400 invalid-header'],
    ['a producer', '1', { 'Producer-Id': 'p' }, '400 invalid-header'],
    ['an epoch', '1', { 'Producer-Epoch': '0' }, '400 invalid-header'],
    ['a number of a producer', '1', { 'Producer-Seq': '0' }, '400 invalid-header'],
    ['Stream-Seq', '1', { 'Stream-Seq': 'a' }, '400 invalid-header'],
    ['closing', '1', { 'Stream-Closed': 'true' }, '400 invalid-header'],
    ['an empty Msg-Id', '1', { 'Msg-Id': '' }, '400 invalid-header'],
    ['a Msg-Id that is too long', '1', { 'Msg-Id': 'x'.repeat(256) }, '400 invalid-header'],
    ['an encoded body', '1', { 'Content-Encoding': 'gzip' }, '415 content-encoding-unsupported'],
  ])('refuses %s, and stores nothing', async (_, body, headers, verdict) => {
    const name = await streams.create();
    expect((await streams.append(name, body, headers)).verdict).toBe(verdict);
    expect((await streams.read(name)).text).toBe('[]');
  });

  test('refuses a body without a type', async () => {
    const name = await streams.create();
    const answer = await served.post(`/streams/${name}`, { body: '1' });
    expect(answer.verdict).toBe('400 content-type-missing');
  });

  test('refuses its own name where it does not capture that', async () => {
    const name = await streams.create();
    await streams.configure(name, { subjects: [`${name}.>`] });
    expect((await streams.append(name, '1')).verdict).toBe('400 invalid-header');
    const below = await streams.append(name, '1', { 'Stream-Subject': `${name}.a` });
    expect(below.status).toBe(204);
  });

  test('stores once what comes twice with the same Msg-Id', async () => {
    const name = await streams.create();
    const id = { 'Msg-Id': 'order-1' };
    const first = await streams.append(name, '[1,2]', id);
    await streams.append(name, '3');
    const again = await streams.append(name, '[1,2]', id);
    expect([again.status, again.offset]).toEqual([first.status, first.offset]);
    expect(first.offset).toBe(offsetBehind(2));
    expect((await streams.read(name)).text).toBe('[1,2,3]');
  });

  test('stores only on the state that If-Match names', async () => {
    const name = await streams.create();
    const { tag } = await streams.head(name);
    expect((await streams.append(name, '1', { 'If-Match': tag })).status).toBe(204);
    const late = await streams.append(name, '2', { 'If-Match': tag });
    expect(late.verdict).toBe('412 precondition-failed');
    const now = await streams.head(name);
    expect(late.tag).toBe(now.tag);
    const several = { 'If-Match': `"other", ${now.tag}` };
    expect((await streams.append(name, '2', several)).status).toBe(204);
    expect((await streams.append(name, '3', { 'If-Match': '*' })).status).toBe(204);
    for (const wrong of ['"other"', `W/${(await streams.head(name)).tag}`, 'bare']) {
      const refused = await streams.append(name, '4', { 'If-Match': wrong });
      expect(refused.verdict, wrong).toBe('412 precondition-failed');
    }
    expect((await streams.read(name)).text).toBe('[1,2,3]');
  });

  test('tells the tag of the state that it leaves, to go on from', async () => {
    const name = await streams.create();
    const id = { 'Msg-Id': 'order-1' };
    const first = await streams.append(name, '[1,2]', id);
    expect(first.tag).toBe((await streams.head(name)).tag);
    const next = await streams.append(name, '3', { 'If-Match': first.tag });
    expect([next.status, next.tag]).toEqual([204, (await streams.head(name)).tag]);
    // What is known already says what it said then: others came since.
    const again = await streams.append(name, '[1,2]', id);
    expect([again.status, again.tag]).toEqual([204, first.tag]);
    const late = await streams.append(name, '4', { 'If-Match': again.tag });
    expect(late.verdict).toBe('412 precondition-failed');
  });

  test('lets one of several win that saw the same state', async () => {
    const name = await streams.create();
    const { tag } = await streams.head(name);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        streams.append(name, String(index), { 'If-Match': tag }),
      ),
    );
    const verdicts = answers.map(({ verdict }) => verdict).sort();
    const refused = Array.from({ length: 7 }, () => '412 precondition-failed');
    expect(verdicts).toEqual(['204', ...refused]);
    expect((await streams.head(name)).offset).toBe(offsetBehind(1));
  });

  test('is refused by a stream that is sealed, a mirror, or full', async () => {
    const sealed = await streams.create();
    await streams.publish(sealed, 'a', '1');
    await streams.configure(sealed, { sealed: true });
    expect((await streams.append(sealed, '2')).verdict).toBe('409 stream-read-only');
    expect((await streams.read(sealed)).text).toBe('[1]');

    const mirror = `mirror-of-${sealed}`;
    await streams.configure(mirror, { mirror: { name: sealed } });
    const onMirror = await streams.append(mirror, '2', { 'Stream-Subject': `${sealed}.a` });
    expect(onMirror.verdict).toBe('409 stream-read-only');
    const reader = await streams.follow(mirror);
    await reader.until(({ data }) => data.length === 1);
    expect(reader.data).toEqual(['[1]']);
    await reader.cut();

    const full = await streams.create({ max_msgs: 2, discard: 'new' });
    expect((await streams.append(full, '[1,2]')).status).toBe(204);
    expect((await streams.append(full, '3')).verdict).toBe('409 stream-full');
    expect((await streams.read(full)).text).toBe('[1,2]');
  });

  test('is refused where a message is larger than the stream takes', async () => {
    const name = await streams.create({ max_msg_size: 10 });
    expect((await streams.append(name, `"${'x'.repeat(20)}"`)).verdict).toBe('413 body-too-large');
    expect((await streams.append(name, '"small"')).status).toBe(204);
  });
});
