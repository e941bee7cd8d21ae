// Creates triggers from numbered durable streams, each from its own, to one durable stream.
import { Errors } from './errors.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { durableSubject, makeTrigger } from './triggers.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const group = flags.text('group');
const count = flags.number('count');
const target = durableSubject(`bench/${flags.text('target')}`);
const errors = new Errors();

for (let number = 0; number < count && errors.count === 0; number += 1) {
  const name = `${group}-${number}`;
  const source = durableSubject(`bench/${name}`);
  await makeTrigger(url, { name, source, target, start: 'new' }, errors);
}
finish({}, errors);
