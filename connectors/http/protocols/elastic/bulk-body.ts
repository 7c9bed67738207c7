// A body of `_bulk`: a line with an action, and for some actions a line with a document behind it, and so on.
//
//   {"index":{"_index":"logs","_id":"1"}}      create, index: a document follows, which becomes a record
//   {"message":"…"}
//   {"delete":{"_index":"logs","_id":"2"}}     no document follows; `update` has one: both are refused as items
//
// Each item has its answer, in order. A body whose lines cannot be told apart is refused whole, as Elasticsearch does.

import { isUtf8 } from 'node:buffer'
import { parseJsonObject } from '../../../../core/format/json-object.js'
import { JsonScanner, skipSpace } from '../../../../core/format/json-scanner.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../../../core/format/parsed.js'
import { encodeHeaders, type EncodedHeaders, type RecordHeader } from '../../../../core/record/record-headers.js'
import { httpErrors } from '../../errors.js'
import type { IncomingRecord, ProtocolRequest, RecordIntake } from '../../protocol.js'
import { badBody, recordOf } from '../../raw/body-reading.js'
import { joinedHeaders } from '../../record-surroundings.js'
import type { ElasticError } from './elastic-answer.js'

const actions = ['create', 'index', 'update', 'delete'] as const
type ActionName = (typeof actions)[number]

interface Action {
  readonly name: ActionName
  readonly index: string
  readonly id: string | undefined
}

export interface BulkResult {
  /** One for each action, as JSON. */
  readonly items: readonly string[]
  readonly hasErrors: boolean
}

/** As Elasticsearch bounds them. */
const mostIndexBytes = 255
const mostIdBytes = 512

/** Each item has an answer, which may be ten times as long as its action. */
const mostItems = 100_000

const lineFeed = 0x0a
const openBrace = 0x7b
const noIndex = /[\s"*,/<>?\\|#:]|^[-_+.]|^$|\p{Lu}/u

export interface BulkRequest {
  readonly request: ProtocolRequest
  /** From the path; of actions that name none. */
  readonly index: string | undefined
  readonly body: Buffer
}

/** Puts what can be taken into the intake. Errors: http_body_invalid, and those of the intake. */
export function readBulk(bulk: BulkRequest, intake: RecordIntake): BulkResult {
  return new BulkReader(bulk, intake).read()
}

class BulkReader {
  readonly #bulk: BulkRequest
  readonly #intake: RecordIntake
  readonly #body: Buffer
  readonly #record: IncomingRecord
  readonly #scanner = new JsonScanner()
  readonly #isText: boolean
  readonly #items: string[] = []
  #hasErrors = false
  #start = 0
  #end = 0
  #nextStart = 0
  #line = 0

  constructor(bulk: BulkRequest, intake: RecordIntake) {
    this.#bulk = bulk
    this.#intake = intake
    this.#body = bulk.body
    this.#record = recordOf(bulk.request, bulk.body)
    this.#isText = isUtf8(bulk.body)
  }

  read(): BulkResult {
    let previous: Action | undefined
    let previousLine: Buffer | undefined
    while (this.#nextLine()) {
      if (skipSpace(this.#body, this.#start, this.#end) === this.#end) continue
      // Most bodies have the same action on each line.
      const isRepeated = previousLine !== undefined && this.#isLine(previousLine)
      const action: Action = isRepeated && previous !== undefined ? previous : this.#action()
      if (!isRepeated) previousLine = this.#body.subarray(this.#start, this.#end)
      if (action !== previous) this.#aimAt(action)
      previous = action
      this.#take(action)
    }
    if (this.#items.length === 0) throw httpErrors.make('http_body_invalid', 'the body has no actions')
    return { items: this.#items, hasErrors: this.#hasErrors }
  }

  #take(action: Action): void {
    if (this.#items.length === mostItems) {
      throw httpErrors.make('request_too_large', `a request has at most ${mostItems} actions`)
    }
    const documentFault = this.#documentFault(action)
    const fault = faultOf(action) ?? documentFault
    this.#items.push(itemText(action, fault))
    if (fault !== undefined) {
      this.#hasErrors = true
      return
    }
    this.#record.valueStart = this.#start
    this.#record.valueEnd = this.#end
    this.#intake.add(this.#record)
  }

  /** Steps on to the document, when the action has one. */
  #documentFault({ name }: Action): ElasticError | undefined {
    if (name === 'delete') return undefined
    if (!this.#nextLine()) throw badBody(this.#line, 'the action has no document')
    const start = skipSpace(this.#body, this.#start, this.#end)
    const isDocument =
      this.#body[start] === openBrace &&
      (this.#isText || isUtf8(this.#body.subarray(start, this.#end))) &&
      this.#scanner.isWhole(this.#body, start, this.#end)
    if (isDocument) return undefined
    return { type: 'document_parsing_exception', reason: `line ${this.#line} of the body is no JSON object` }
  }

  #aimAt({ index, id }: Action): void {
    const { request } = this.#bulk
    this.#record.headers = joinedHeaders(request.recordHeaders, headersOf(index, id))
    this.#record.key = id === undefined ? request.recordKey : Buffer.from(id)
  }

  #action(): Action {
    const text = this.#body.toString('utf8', this.#start, this.#end)
    const parsed = parseJsonObject(text)
    if (parsed instanceof ParseFailure) throw badBody(this.#line, `an action is due, and ${parsed.describe()}`)
    const names = Object.keys(parsed)
    const name = actions.find((known) => known === names[0])
    const target = name === undefined ? undefined : parsed[name]
    if (name === undefined || names.length !== 1 || !isObject(target)) {
      throw badBody(this.#line, 'an action is due: one of create, index, update and delete')
    }
    const index = textOf(target['_index']) ?? this.#bulk.index
    if (index === undefined) throw badBody(this.#line, 'neither the action nor the path names an index')
    return { name, index, id: textOf(target['_id']) }
  }

  #isLine(line: Buffer): boolean {
    return (
      line.length === this.#end - this.#start && this.#body.compare(line, 0, line.length, this.#start, this.#end) === 0
    )
  }

  #nextLine(): boolean {
    if (this.#nextStart >= this.#body.length) return false
    this.#start = this.#nextStart
    const feed = this.#body.indexOf(lineFeed, this.#start)
    this.#end = feed === -1 ? this.#body.length : feed
    this.#nextStart = this.#end + 1
    if (this.#end > this.#start && this.#body[this.#end - 1] === 0x0d) this.#end--
    this.#line++
    return true
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}

/** Of what an action says; its document is another matter. */
function faultOf({ name, index, id }: Action): ElasticError | undefined {
  if (noIndex.test(index) || Buffer.byteLength(index) > mostIndexBytes) {
    return { type: 'invalid_index_name_exception', reason: 'this cannot be the name of an index' }
  }
  if (id !== undefined && (id === '' || Buffer.byteLength(id) > mostIdBytes)) {
    return { type: 'illegal_argument_exception', reason: `_id has 1 to ${mostIdBytes} bytes` }
  }
  if (name === 'create' || name === 'index') return undefined
  return { type: 'illegal_argument_exception', reason: `a log takes "create" and "index", and no "${name}"` }
}

function headersOf(index: string, id: string | undefined): EncodedHeaders {
  const list: RecordHeader[] = [{ key: 'elastic_index', value: Buffer.from(index) }]
  if (id !== undefined) list.push({ key: 'elastic_id', value: Buffer.from(id) })
  return encodeHeaders(list)
}

function itemText({ name, index, id }: Action, error: ElasticError | undefined): string {
  const place = { _index: index, ...(id === undefined ? {} : { _id: id }) }
  const shards = { total: 1, successful: 1, failed: 0 }
  const outcome =
    error === undefined ? { _version: 1, result: 'created', _shards: shards, status: 201 } : { status: 400, error }
  return JSON.stringify({ [name]: { ...place, ...outcome } })
}
