// The settings of the NATS source and sink.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { choice, duration, flag, list, optional, secret, section, text } from '../../core/connector/fields.js'
import type { SettingsOf } from '../../core/connector/fields.js'
import { subjectParts } from './subject-template.js'

const tlsFields = {
  ca: optional(secret({ summary: 'The certificates (PEM) that the server is checked by; the system’s when absent.' })),
  cert: optional(secret({ summary: 'The certificate (PEM) that is shown to the server.' })),
  key: optional(secret({ summary: 'The private key (PEM) of `cert`.' })),
}

const connectionFields = {
  servers: list(text({ summary: 'HOST:PORT, or a URL without credentials.' }), {
    summary: 'The servers; the first that answers is taken.',
    example: ['nats-1:4222', 'nats-2:4222'],
    minItems: 1,
  }),
  user: optional(text({ summary: 'The user, with `password`.' })),
  password: optional(secret({ summary: 'The password of `user`.', example: { $env: 'NATS_PASSWORD' } })),
  token: optional(secret({ summary: 'A token in place of a user.', example: { $env: 'NATS_TOKEN' } })),
  tls: optional(section(tlsFields, { summary: 'Nothing is said without TLS; `{}` asks for it with the defaults.' })),
  timeout: duration({ summary: 'How long a connection and an answer may take.', default: 5_000 }),
}

export const natsSinkFields = {
  ...connectionFields,
  stream: text({ summary: 'The JetStream stream that has to take the messages.', example: 'ORDERS' }),
  subject: text({
    summary: 'The subject of each message, with {topic}, {partition} and {key} filled in.',
    default: '{topic}',
    example: 'orders.{key}',
  }),
  headers: flag({ summary: 'Headers of the record go along; those that begin with Nats- never do.', default: true }),
}

export const natsSourceFields = {
  ...connectionFields,
  stream: text({ summary: 'The JetStream stream that is read.', example: 'ORDERS' }),
  filter: optional(text({ summary: 'Only messages of subjects that match, wildcards allowed.', example: 'orders.>' })),
  start: choice(['earliest', 'latest'], {
    summary: 'Where the first run begins: with the oldest message, or with the next one.',
    default: 'earliest',
  }),
  subjectAs: choice(['key', 'header', 'none'], {
    summary: 'The subject becomes the key of the record, its header `nats.subject`, or is left out.',
    default: 'key',
  }),
  headers: flag({ summary: 'Headers of the message go along.', default: true }),
}

export type NatsConnectionSettings = SettingsOf<typeof connectionFields>
export type NatsSinkSettings = SettingsOf<typeof natsSinkFields>
export type NatsSourceSettings = SettingsOf<typeof natsSourceFields>

/** Rules that both directions share. */
export function checkConnection(settings: NatsConnectionSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  settings.servers.forEach((server, index) => {
    if (!server.includes('@')) return
    problems.push({ path: ['servers', String(index)], message: 'holds credentials: use `user` and `password`' })
  })
  if ((settings.user === undefined) !== (settings.password === undefined)) {
    problems.push({ path: ['user'], message: '`user` and `password` go together' })
  }
  if (settings.token !== undefined && settings.user !== undefined) {
    problems.push({ path: ['token'], message: 'is in place of `user`: give one of the two' })
  }
  if ((settings.tls?.cert === undefined) !== (settings.tls?.key === undefined)) {
    problems.push({ path: ['tls'], message: '`cert` and `key` go together' })
  }
  return problems
}

export function checkSink(settings: NatsSinkSettings): readonly SettingProblem[] {
  const problem = subjectParts(settings.subject).problem
  const own = problem === undefined ? [] : [{ path: ['subject'], message: problem }]
  return [...checkConnection(settings), ...own]
}
