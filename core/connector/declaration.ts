// What a connector says of itself. Light: importing a declaration imports no client library; `load` brings the rest.

import type { Fields, SettingsOf } from './fields.js'
import type { ConnectorContext } from './context.js'
import type { Source } from './source.js'
import type { PushSource } from './push-source.js'
import type { Sink } from './sink.js'

/** What holds for an edge through `kill -9`; selects the conformance tests that the connector must pass. */
export type DeliveryClaim = 'exactly-once' | 'at-least-once'

export interface SettingProblem {
  /** Keys from the connector's own object down, such as `['rotate', 'bytes']`. */
  readonly path: readonly string[]
  readonly message: string
}

/** What of the local file system an edge reads or writes, so that a sink is not set to feed its own source. */
export interface Footprint {
  /** Directories it writes below, absolute. */
  readonly writes: readonly string[]
  /** Could a file made anywhere below `directory` (absolute) be read? */
  reads(directory: string): boolean
}

export interface Finding {
  readonly level: 'good' | 'warning' | 'problem'
  readonly message: string
  readonly hint?: string
}

/** What a change of settings does to what was remembered under the old ones. */
export interface ChangeEffect {
  readonly setting: string
  readonly effect: string
  /** True where records could be skipped or repeated: `plan` says so in capitals. */
  readonly dangerous: boolean
}

interface DeclarationOf<Role extends string, F extends Fields, Connector> {
  readonly role: Role
  readonly type: string
  readonly summary: string
  readonly delivery: DeliveryClaim
  readonly fields: F
  /** Rules that a schema cannot say; every problem at once. `baseDirectory` is what relative paths start from. */
  check?(settings: SettingsOf<F>, baseDirectory: string): readonly SettingProblem[]
  footprint?(settings: SettingsOf<F>, baseDirectory: string): Footprint
  /** Called with the settings that ran last and the new ones; for `plan`. */
  effects?(previous: SettingsOf<F>, next: SettingsOf<F>): readonly ChangeEffect[]
  /** What `doctor` and `validate --connect` look at, without changing anything. */
  examine?(settings: SettingsOf<F>, context: ConnectorContext): Promise<readonly Finding[]>
  load(): Promise<{ create(settings: SettingsOf<F>): Connector }>
}

export type SourceDeclaration<F extends Fields = Fields> = DeclarationOf<'source', F, Source>
export type PushSourceDeclaration<F extends Fields = Fields> = DeclarationOf<'push-source', F, PushSource>
export type SinkDeclaration<F extends Fields = Fields> = DeclarationOf<'sink', F, Sink>
export type ConnectorDeclaration = SourceDeclaration | PushSourceDeclaration | SinkDeclaration

/** Gives a declaration its types; the registry holds the result with the settings' type erased. */
export function declareSource<const F extends Fields>(declaration: SourceDeclaration<F>): SourceDeclaration {
  return declaration as unknown as SourceDeclaration
}

export function declareSink<const F extends Fields>(declaration: SinkDeclaration<F>): SinkDeclaration {
  return declaration as unknown as SinkDeclaration
}
