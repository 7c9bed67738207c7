// Makes deliveries of records: where each goes, in which lane, under which id.

import type { AddressGuard } from '../../core/connector/outgoing.js'
import { originOf } from '../../core/connector/origin.js'
import type { SinkBatch } from '../../core/connector/sink.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import { type Delivery, deliveryId, partitionPrefix } from './delivery.js'
import { webhookErrors } from './errors.js'
import { isHeaderText, type WebhookSettings } from './settings.js'
import { BodyTemplate, isJson } from './body-template.js'
import { Template } from './template.js'
import { TemplateRecord } from './template-record.js'

export interface BuilderOptions {
  readonly settings: WebhookSettings
  readonly guard: AddressGuard
  readonly hubId: string
  /** The sink's own topic of replayed records. */
  readonly replayTopic: string
}

export class DeliveryBuilder {
  private readonly options: BuilderOptions
  private readonly url: Template
  private readonly headers: readonly (readonly [string, Template])[]
  /** Undefined: values go as they are. */
  private readonly body: BodyTemplate | undefined
  private readonly hosts: readonly string[]
  /** Of a `url` without fields. */
  private readonly constantUrl: URL | undefined

  /** Errors: url_refused, address_refused for a `url` without fields. */
  constructor(options: BuilderOptions) {
    const { settings, guard } = options
    this.options = options
    this.url = new Template(settings.url)
    this.headers = Object.entries(settings.headers).map(([name, text]) => [name.toLowerCase(), new Template(text)])
    this.body = settings.body === undefined ? undefined : new BodyTemplate(settings.body)
    this.hosts = settings.allowHosts.map((host) => host.toLowerCase())
    this.constantUrl = this.url.isConstant ? guard.checkUrl(settings.url) : undefined
  }

  /** Errors: webhook_record_unfit, webhook_host_refused, url_refused, address_refused. */
  build(batch: SinkBatch, cursor: RecordCursor): Delivery {
    const { hubId, replayTopic, settings } = this.options
    const { topic, topicId, partition } = batch
    const of = { topic, topicId, partition }
    const { offset, timestampMs } = cursor
    const record = {
      key: copyOf(cursor.key()),
      value: copyOf(cursor.value()),
      timestampMs,
      headers: cursor.headers().map(({ key, value }) => ({ key, value: copyOf(value) })),
    }
    const asked = new TemplateRecord({ topic, partition, offset }, record)
    const url = this.constantUrl ?? this.filledUrl(asked)
    const inOrder = settings.order === 'key' && record.key !== null
    return {
      of,
      offset,
      id: deliveryId(hubId, originOf(batch, cursor, replayTopic)),
      url: url.href,
      endpoint: url.origin,
      lane: `${url.origin} ${partitionPrefix(of)}${inOrder ? `=${record.key!.toString('base64')}` : offset}`,
      headers: Object.fromEntries(this.headers.map(([name, template]) => [name, template.fill(asked, headerText)])),
      record,
      body: this.bodyOf(asked),
      attempts: 0,
      dueMs: 0,
      isParked: false,
      isStored: false,
    }
  }

  /** Undefined where the value goes as it is. Errors: webhook_record_unfit. */
  private bodyOf(record: TemplateRecord): Buffer | undefined {
    if (this.body !== undefined) return Buffer.from(this.body.fill(record))
    if (this.options.settings.batch === undefined) return undefined
    const { value = 'null' } = record
    if (isJson(value)) return Buffer.from(value)
    throw webhookErrors.make('webhook_record_unfit', 'the value is no JSON, as a batch asks for')
  }

  private filledUrl(record: TemplateRecord): URL {
    const url = this.options.guard.checkUrl(this.url.fill(record, encodeURIComponent))
    const host = url.hostname.toLowerCase()
    const isAllowed = this.hosts.some((allowed) =>
      allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed,
    )
    if (isAllowed) return url
    throw webhookErrors.make('webhook_host_refused', `${host} is not among "allowHosts"`, { details: { host } })
  }
}

/** Errors: webhook_record_unfit for what would end a header. */
function headerText(text: string): string {
  if (isHeaderText(text)) return text
  throw webhookErrors.make('webhook_record_unfit', 'a value for a header holds more than printable ASCII')
}

function copyOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes)
}
