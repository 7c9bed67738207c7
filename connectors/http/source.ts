// The http source: requests on its path of the shared listener become records, and are answered when those are durable.
//
// For each request in this order: what the protocol answers by itself · who sends (auth) · how often (rate limit) · the
// whole body · its signature (verify) · its key, when it has one · its records, as one atomic append · the answer.
// Whatever fails before the append leaves nothing behind; requests commit side by side.

import type { IngressAnswer, IngressRequest, RequestBody } from '../../core/connector/ingress.js'
import { errorAnswer, retryHeaders, statusOf } from '../../core/connector/ingress-answer.js'
import type { PushContext, PushSource, PushWriter, WriterFactory } from '../../core/connector/push-source.js'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { authorizationOf, type Authorize } from './auth.js'
import { httpErrors } from './errors.js'
import { IdempotencyWindow, type KeyedRequest, type OnceTaken, shortHash, type Take } from './idempotency-window.js'
import type { Protocol, ProtocolRequest, TakenRequest } from './protocol.js'
import { protocolOf } from './protocol-table.js'
import { RateLimit } from './rate-limit.js'
import { AppendIntake, CountingIntake } from './request-intake.js'
import { ServedRequest } from './served-request.js'
import type { HttpSettings } from './settings.js'
import { httpStatuses } from './statuses.js'
import type { Verifier } from './verifier.js'
import { verifierOf } from './verify/verifier-table.js'

const keyPattern = /^[!-~](?:[ -~]{0,254}[!-~])?$/

export function create(settings: HttpSettings): PushSource {
  return new HttpSource(settings, { protocol: protocolOf(settings), verifier: verifierOf(settings.verify) })
}

export interface HttpParts {
  readonly protocol: Protocol
  readonly verifier: Verifier | undefined
}

/** A body on its way into a writer. */
interface Filling {
  readonly request: ProtocolRequest
  readonly bytes: Buffer
  readonly intake: AppendIntake
}

type AnswerOf = (taken: TakenRequest) => IngressAnswer

export class HttpSource implements PushSource {
  readonly #settings: HttpSettings
  readonly #protocol: Protocol
  readonly #verifier: Verifier | undefined
  readonly #authorize: Authorize | undefined
  readonly #window: IdempotencyWindow
  readonly #keyHeader: string
  #rateLimit: RateLimit | undefined
  #context: PushContext | undefined
  #underWay = 0
  #allAnswered: (() => void) | undefined

  constructor(settings: HttpSettings, { protocol, verifier }: HttpParts) {
    const { window: windowMs, maxKeys, header } = settings.idempotency
    this.#settings = settings
    this.#protocol = protocol
    this.#verifier = verifier
    this.#authorize = authorizationOf(settings.auth)
    this.#window = new IdempotencyWindow({ windowMs, maxKeys })
    this.#keyHeader = header.toLowerCase()
  }

  async open(context: PushContext): Promise<void> {
    const { rateLimit, badLines } = this.#settings
    if (badLines === 'dead-letter' && !context.hasDeadLetters) {
      const message = `${context.pipeline}.${context.connector}: bad lines have nowhere to go`
      throw httpErrors.make('http_dead_letters_missing', message)
    }
    this.#context = context
    if (rateLimit !== undefined) this.#rateLimit = new RateLimit(rateLimit, context.clock)
    this.#window.load(context.state)
    this.#showKeys(context)
  }

  async serve(writers: WriterFactory, signal: AbortSignal): Promise<void> {
    const { ingress } = this.#opened()
    const { methods, takesBelow } = this.#protocol
    const route = ingress.route({ path: this.#settings.path, takesBelow, methods }, (request) =>
      this.#answer(request, writers),
    )
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    route.close()
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#allAnswered = resolve))
  }

  async close(): Promise<void> {
    this.#allAnswered?.()
  }

  async #answer(received: IngressRequest, writers: WriterFactory): Promise<IngressAnswer> {
    const context = this.#opened()
    const request = new ServedRequest(received, this.#settings, context.clock.now())
    this.#underWay++
    try {
      return await this.#respond(request, writers)
    } catch (error) {
      if (statusOf(error, httpStatuses) === 500) context.logger.error('a request failed', { error })
      return this.#refusal(error, request)
    } finally {
      this.#underWay--
      if (this.#underWay === 0) this.#allAnswered?.()
    }
  }

  async #respond(request: ServedRequest, writers: WriterFactory): Promise<IngressAnswer> {
    const probed = this.#protocol.probe?.(request)
    if (probed !== undefined) return probed
    this.#authorize?.(request)
    const early = this.#protocol.answerEarly?.(request)
    if (early !== undefined) return early
    this.#rateLimit?.take()
    const { maxBody: maxBytes, maxRatio } = this.#settings
    const body = await request.body({ maxBytes, maxRatio })
    const verified = this.#verifier?.verify(request, body, request.receivedMs)
    const keyed = this.#keyOf(request, body, verified?.replayId)
    if (keyed !== undefined) return this.#takeOnce(request, body, { keyed, writers })
    const writer = writers.open()
    const intake = new AppendIntake(writer)
    const answerOf = this.#fill(writer, { request, bytes: body.bytes, intake })
    const ranges = intake.isEmpty ? discarded(writer) : await writer.commit()
    return answerOf({ ranges, recordCount: intake.recordCount, deadLetterCount: intake.deadLetterCount })
  }

  async #takeOnce(
    request: ProtocolRequest,
    { bytes }: RequestBody,
    { keyed, writers }: { readonly keyed: KeyedRequest; readonly writers: WriterFactory },
  ): Promise<IngressAnswer> {
    let answerOf: AnswerOf | undefined
    const take: Take = async (changesWith) => {
      const writer = writers.open()
      const intake = new AppendIntake(writer)
      answerOf = this.#fill(writer, { request, bytes, intake })
      const { recordCount, deadLetterCount } = intake
      for (const [key, value] of changesWith(intake)) writer.remember(key, value)
      return { ranges: await writer.commit(), recordCount, deadLetterCount }
    }
    const once = await this.#window.once(keyed, take)
    answerOf ??= this.#protocol.take(request, bytes, new CountingIntake())
    return this.#answerOnce(once, answerOf)
  }

  #answerOnce({ taken, isRepeated }: OnceTaken, answerOf: AnswerOf): IngressAnswer {
    const context = this.#opened()
    const answer = answerOf(taken)
    if (!isRepeated) {
      this.#showKeys(context)
      return answer
    }
    context.metrics.count('tailrace_http_repeated_total', { pipeline: context.pipeline, source: context.connector })
    return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
  }

  /** Lets the writer go when the protocol finds the body wrong. */
  #fill(writer: PushWriter, { request, bytes, intake }: Filling): AnswerOf {
    try {
      return this.#protocol.take(request, bytes, intake)
    } catch (error) {
      writer.discard()
      throw error
    }
  }

  /** The sender's own name for the delivery, which its signature covers, comes before a header that it does not. */
  #keyOf(request: ServedRequest, { bytes }: RequestBody, replayId: string | undefined): KeyedRequest | undefined {
    const key = replayId ?? request.header(this.#keyHeader)
    if (key === undefined) return undefined
    if (replayId === undefined && !keyPattern.test(key)) {
      throw httpErrors.make('http_key_invalid', `${this.#keyHeader} is not 1 to 256 printable characters`)
    }
    const origin = replayId === undefined ? 'header\n' : 'verified\n'
    const bodyHash = shortHash(`${request.method} ${request.pathBelow}\n`, bytes)
    return { keyHash: shortHash(origin, key), bodyHash, timeMs: request.receivedMs }
  }

  #refusal(error: unknown, request: ProtocolRequest): IngressAnswer {
    const refused = this.#protocol.refuse?.(error, request) ?? errorAnswer(error, httpStatuses)
    const answer = { ...refused, headers: { ...retryHeaders(error, refused.status), ...refused.headers } }
    const challenge = error instanceof TailraceError ? error.details['challenge'] : undefined
    if (answer.status !== 401 || typeof challenge !== 'string') return answer
    return { ...answer, headers: { ...answer.headers, 'www-authenticate': challenge } }
  }

  #showKeys({ metrics, pipeline, connector: source }: PushContext): void {
    metrics.gauge('tailrace_http_keys', { pipeline, source }, this.#window.keyCount)
  }

  #opened(): PushContext {
    return present(this.#context, 'the context of an http source that serves')
  }
}

/** A body without records has nothing to wait for. */
function discarded(writer: PushWriter): TakenRequest['ranges'] {
  writer.discard()
  return []
}
