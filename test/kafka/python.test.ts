// Debian's python3-kafka, which is kafka-python 2.0.2.

import { expect } from 'vitest'
import { missing } from '../support/missing.js'
import { behavioursOf, type Behaviours, type KafkaSite, run } from './kit.js'

/** Another Python on the PATH has modules of its own. */
const debianPython = '/usr/bin/python3'

/** Runs a script with `kafka`, `address` and `name` in it; what it prints is its result. */
async function python({ kafka, name }: KafkaSite, script: readonly string[]): Promise<string[]> {
  const head = ['import kafka, kafka.admin, json', `address = '${kafka}'`, `name = '${name}'`]
  const ran = await run(debianPython, ['-c', [...head, ...script].join('\n')])
  expect(ran.exitCode, ran.stderr).toBe(0)
  return ran.stdout.split('\n').slice(0, -1)
}

const behaviours: Behaviours = {
  'produces and is told the offset': async (site) => {
    const printed = await python(site, [
      'producer = kafka.KafkaProducer(bootstrap_servers=address)',
      "for value in (b'a', b'b'):",
      "    print(producer.send(name, key=b'k', value=value, headers=[('h', b'1')]).get(timeout=10).offset)",
    ])
    expect(printed).toEqual(['0', '1'])
  },
  'consumes in a group and commits': async (site) => {
    const printed = await python(site, [
      'producer = kafka.KafkaProducer(bootstrap_servers=address)',
      'for number in range(5): producer.send(name, value=str(number).encode())',
      'producer.flush()',
      "consumer = kafka.KafkaConsumer(name, bootstrap_servers=address, group_id=name + '-group',",
      "    auto_offset_reset='earliest', consumer_timeout_ms=5000)",
      'for record in consumer:',
      '    print(record.offset, record.value.decode())',
      '    if record.offset == 4: break',
      'consumer.commit()',
      'consumer.close()',
    ])
    expect(printed).toEqual(['0 0', '1 1', '2 2', '3 3', '4 4'])
    expect(site.engine.groups.allCommitted(`${site.name}-group`)).toMatchObject([{ topic: site.name, offset: 5 }])
  },
  'asks for the offsets at the beginning, at the end and at a time': async (site) => {
    const printed = await python(site, [
      'producer = kafka.KafkaProducer(bootstrap_servers=address)',
      'for number in range(3): producer.send(name, value=b"v", timestamp_ms=1000 * (number + 1)).get(timeout=10)',
      'partition = kafka.TopicPartition(name, 0)',
      'consumer = kafka.KafkaConsumer(bootstrap_servers=address)',
      'print(consumer.beginning_offsets([partition])[partition], consumer.end_offsets([partition])[partition])',
      'print(consumer.offsets_for_times({partition: 1500})[partition].offset)',
    ])
    expect(printed).toEqual(['0 3', '1'])
  },
  seeks: async (site) => {
    const printed = await python(site, [
      'producer = kafka.KafkaProducer(bootstrap_servers=address)',
      'for number in range(10): producer.send(name, value=str(number).encode())',
      'producer.flush()',
      'partition = kafka.TopicPartition(name, 0)',
      'consumer = kafka.KafkaConsumer(bootstrap_servers=address)',
      'consumer.assign([partition])',
      'consumer.seek(partition, 8)',
      'print(next(consumer).value.decode(), next(consumer).value.decode())',
    ])
    expect(printed).toEqual(['8 9'])
  },
  'creates, describes and deletes topics': async (site) => {
    const printed = await python(site, [
      'admin = kafka.admin.KafkaAdminClient(bootstrap_servers=address)',
      'admin.create_topics([kafka.admin.NewTopic(name, 3, 1, topic_configs={"retention.ms": "5000"})])',
      'print(len(admin.describe_topics([name])[0]["partitions"]))',
      'resource = kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, name)',
      'entries = admin.describe_configs([resource])[0].resources[0][4]',
      'print([entry[1] for entry in entries if entry[0] == "retention.ms"][0])',
      'admin.delete_topics([name])',
      'print(name in admin.list_topics())',
    ])
    expect(printed).toEqual(['3', '5000', 'False'])
  },
  'lists and describes groups': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const printed = await python(site, [
      "consumer = kafka.KafkaConsumer(name, bootstrap_servers=address, group_id=name + '-group', client_id='reader')",
      'while not consumer.assignment(): consumer.poll(timeout_ms=100)',
      'admin = kafka.admin.KafkaAdminClient(bootstrap_servers=address)',
      "print((name + '-group', 'consumer') in admin.list_consumer_groups())",
      "described = admin.describe_consumer_groups([name + '-group'])[0]",
      'print(described.state, [member.client_id for member in described.members])',
      'consumer.close()',
    ])
    expect(printed).toEqual(['True', "Stable ['reader']"])
  },
}

behavioursOf('kafka-python', behaviours, missing(debianPython, ['-c', 'import kafka']))
