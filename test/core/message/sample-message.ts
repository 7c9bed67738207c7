// A message with every type and option that a table knows, for what Kafka's own messages do not use.

import {
  array,
  bool,
  bytes,
  int16,
  int32,
  int64,
  int8,
  message,
  one,
  scalar,
  string,
  struct,
  uuid,
} from '../../../core/message/declare.js'

export const sampleMessage = message(
  'SampleMessage',
  { versions: '1-5', flexible: '3+' },
  {
    flag: bool('0+', { default: true }),
    tiny: int8('2+', { default: -1 }),
    small: int16('1-3'),
    port: scalar('uint16', '0+'),
    total: int32('0+', { default: 7 }),
    checksum: scalar('uint32', '0+'),
    offset: int64('0+', { default: -1 }),
    ratio: scalar('float64', '0+'),
    id: uuid('4+'),
    name: string('0+', { nullable: '2-4' }),
    title: string('2+', { default: 'none' }),
    plainName: string('0+', { nullable: '0+', isNeverFlexible: true }),
    body: bytes('0+', { nullable: '3+' }),
    later: bytes('5+'),
    batches: scalar('recordChunks', '2+', { nullable: '3+' }),
    place: one(struct('SamplePlace', { path: string('0+'), line: int32('4+') }), '2+', {
      nullable: '2+',
      default: null,
    }),
    always: one(struct('SampleAlways', { value: int8('0+') }), '0+'),
    numbers: array('int64', '0+', { nullable: '2+' }),
    absentIsNull: array('string', '2+', { nullable: '2+', default: null }),
    nested: array(
      struct('SampleNested', {
        key: string('0+'),
        values: array('bytes', '0+'),
        note: string('4+', { tag: 1, nullable: '4+', default: null }),
        weight: int32('3+', { tag: 0, default: 5 }),
      }),
      '0+',
    ),
    names: array('string', '3+', { tag: 2 }),
    isLast: bool('3+', { tag: 0 }),
    origin: one(struct('SampleOrigin', { host: string('0+'), port: scalar('uint16', '0+') }), '4+', { tag: 1 }),
  },
)
