// What a connector remembers, as JSON in UTF-8 over the bytes of the engine's state. A claim is taken for each run of
// a connector: what an earlier run still wants to write is refused with `state_fenced`.

import type { ConnectorState, Json } from '../connector/context.js'
import type { StateChange, StateClaim, StateScope, StateService, StateUpdate } from '../engine/state-service.js'
import { messageOf } from '../errors/tailrace-error.js'
import { pipelineErrors } from './errors.js'

export type ConnectorRole = 'source' | 'transform' | 'sink'

/** Where a connector's state lies. A source and a sink may have the same id: the role keeps their states apart. */
export function connectorScope(pipeline: string, role: ConnectorRole, id: string): StateScope {
  return { pipeline, connector: `${role}/${id}` }
}

/** A connector's state for looking at it only, without a claim: for `examine`. A put is refused. */
export function connectorStateView(service: StateService, scope: StateScope): ConnectorState {
  return new JsonState(service, scope, undefined)
}

/** State under a claim, which may also become part of an append. */
export interface ClaimedState extends ConnectorState {
  /** The changes for an append's `state`. Errors: state_not_json. */
  update(changes: ReadonlyMap<string, Json | undefined>): StateUpdate
}

/** Claims the state for a new run of the connector, which ends every earlier one. */
export async function claimConnectorState(service: StateService, scope: StateScope): Promise<ClaimedState> {
  return new JsonState(service, scope, await service.claim(scope))
}

class JsonState implements ClaimedState {
  private readonly service: StateService
  private readonly scope: StateScope
  private readonly claim: StateClaim | undefined

  constructor(service: StateService, scope: StateScope, claim: StateClaim | undefined) {
    this.service = service
    this.scope = scope
    this.claim = claim
  }

  get(key: string): Json | undefined {
    const bytes = this.service.get(this.scope, key)
    return bytes === undefined ? undefined : this.decode(key, bytes)
  }

  entries(prefix: string): readonly (readonly [string, Json])[] {
    return this.service.entries(this.scope, prefix).map(([key, bytes]) => [key, this.decode(key, bytes)] as const)
  }

  async put(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    if (changes.size === 0) return
    await this.service.put(this.update(changes))
  }

  update(changes: ReadonlyMap<string, Json | undefined>): StateUpdate {
    const { pipeline, connector } = this.scope
    if (this.claim === undefined) {
      throw pipelineErrors.make('state_view_only', `${pipeline} ${connector}: its state is only looked at here`)
    }
    const encoded: StateChange[] = []
    for (const [key, value] of changes)
      encoded.push({ key, value: value === undefined ? null : this.encode(key, value) })
    return { claim: this.claim, changes: encoded }
  }

  private decode(key: string, bytes: Uint8Array): Json {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    try {
      return JSON.parse(text) as Json
    } catch (cause) {
      const { pipeline, connector } = this.scope
      throw pipelineErrors.make(
        'state_unreadable',
        `${pipeline} ${connector}: what stands under ${key} is no JSON: ${messageOf(cause)}`,
        { cause, details: { pipeline, connector, key } },
      )
    }
  }

  /** JSON.stringify gives undefined for what JSON has no form for, where its type promises a text. */
  private encode(key: string, value: Json): Uint8Array {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return Buffer.from(text)
    const { pipeline, connector } = this.scope
    throw pipelineErrors.make('state_not_json', `${pipeline} ${connector}: the value for ${key} is no JSON`, {
      details: { pipeline, connector, key },
    })
  }
}
