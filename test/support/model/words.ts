import type { ForkChoice, Place, ProducerChoice, Step, TagChoice, Target } from './steps.ts';

/** A step as one would tell it to somebody. */
export function inWords(step: Step, placeOf: (target: Target) => Place): string {
  const place = 'place' in step ? placeOf(step.place) : '';
  switch (step.kind) {
    case 'create':
      return sentence(
        `create ${place}`,
        step.type === undefined ? 'without a type' : `as ${step.type}`,
        withBody(step.body),
        step.closes && 'closed',
        forkWords(step.fork, placeOf),
        step.lifetime !== 'none' && `with a ${step.lifetime} end`,
        step.streamSeq !== undefined && `Stream-Seq ${step.streamSeq}`,
        producerWords(step.producer),
        tagWords(step.ifMatch),
        step.ifNoneMatch && 'if there is none',
      );
    case 'append':
      return sentence(
        `append to ${place}`,
        withBody(step.body),
        step.type !== 'right' && `of ${step.type} type`,
        step.closes && 'and close it',
        step.streamSeq !== undefined && `Stream-Seq ${step.streamSeq}`,
        producerWords(step.producer),
        tagWords(step.ifMatch),
      );
    case 'delete':
      return sentence(`delete ${place}`, tagWords(step.ifMatch));
    case 'head':
      return `look at ${place}`;
    case 'read':
      return `read ${place} from ${position(step.from)}`;
    case 'poll':
      return `poll ${place} from ${position(step.from)}`;
    case 'follow':
      return `follow ${place} from ${position(step.from)}`;
    case 'read-all':
      return `read all of ${place}`;
    case 'put-bucket':
      return `create bucket ${step.bucket}`;
    case 'delete-bucket':
      return `delete bucket ${step.bucket}`;
    case 'get-bucket':
      return `look at bucket ${step.bucket}`;
    case 'list':
      return `list ${step.limit} of ${step.bucket} after "${step.after}" beginning with "${step.prefix}"`;
    case 'wait':
      return 'wait five minutes';
    case 'restart':
      return 'restart the server';
  }
}

function sentence(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false && part !== '').join(', ');
}

function withBody(body: string): string {
  return body === '' ? 'without a body' : `with ${body}`;
}

function position(from: number | string): string {
  return typeof from === 'number' ? `record ${from}` : from;
}

function forkWords(
  fork: ForkChoice | undefined,
  placeOf: (target: Target) => Place,
): string | false {
  if (fork === undefined) return false;
  const at = fork.at === 'omitted' ? 'its tail' : position(fork.at);
  return `forked from ${placeOf(fork.source)} at ${at}${fork.sub === 0 ? '' : ` and ${fork.sub} more`}`;
}

function producerWords(producer: ProducerChoice | undefined): string | false {
  return (
    producer !== undefined &&
    `by ${producer.id} in its ${producer.epoch} epoch with the ${producer.seq} sequence`
  );
}

function tagWords(tag: TagChoice): string | false {
  return tag !== 'none' && `if it has the ${tag} tag`;
}
