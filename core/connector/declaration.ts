// What a connector says of itself. Light: importing a declaration imports no client library; `load` brings the rest.

import type { Fields, SettingsOf } from './fields.js'
import type { ConnectorContext } from './context.js'
import type { IngressUse } from './ingress.js'
import type { ListenUse } from './listen-use.js'
import type { Source } from './source.js'
import type { PushSource } from './push-source.js'
import type { Sink } from './sink.js'

/**
 * What holds for an edge through `kill -9`; selects the conformance tests that the connector must pass. 'best-effort' is
 * for senders that get no answer: what is not durable yet is lost, and what they repeat comes twice.
 */
export type DeliveryClaim = 'exactly-once' | 'at-least-once' | 'best-effort'

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

/** A topic that an edge reads or writes, as the files of the run set it. */
export interface EdgeTopic {
  readonly name: string
  readonly partitions: number
  readonly cleanup: 'delete' | 'compact' | 'compact,delete'
}

/** The topics that a source writes. */
export interface WrittenTopics {
  /** Those that can be named before it runs; they are made at the start. */
  readonly names: readonly string[]
  /** Matches a whole name when the source may write that topic as well, once it has seen more of its origin. */
  readonly pattern?: RegExp
}

/** What the next start would do outside of the hub. */
export interface PreviewStep {
  /** The language of the text. */
  readonly what: 'sql'
  readonly text: string
  /** The system that would run it, in words: `the source database`. */
  readonly where: string
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
  /**
   * Rules about the topics that it reads (sink), or of those it writes the ones that the files of the run know (source).
   * Called where `check` is.
   */
  checkTopics?(settings: SettingsOf<F>, topics: readonly EdgeTopic[]): readonly SettingProblem[]
  footprint?(settings: SettingsOf<F>, baseDirectory: string): Footprint
  /** Called with the settings that ran last and the new ones; for `plan`. */
  effects?(previous: SettingsOf<F>, next: SettingsOf<F>): readonly ChangeEffect[]
  /** What `doctor` and `validate --connect` look at, without changing anything. */
  examine?(settings: SettingsOf<F>, context: ConnectorContext): Promise<readonly Finding[]>
  /** What the next start would run elsewhere, found out without changing anything; for `plan`. May throw. */
  preview?(settings: SettingsOf<F>, context: ConnectorContext): Promise<readonly PreviewStep[]>
  load(): Promise<{ create(settings: SettingsOf<F>): Connector }>
}

export interface SourceDeclaration<F extends Fields = Fields> extends DeclarationOf<'source', F, Source> {
  /** What may stand in braces in `to`, which then is a template; nothing when left out. */
  readonly toFields?: readonly string[]
  /** The topics it writes; when left out `to`, or whatever fits the template. `to` is as in the file. */
  topics?(settings: SettingsOf<F>, to: string): WrittenTopics
  /** True when every record has a key of the source's own making: it may write compacted topics, and takes no `key`. */
  readonly givesKeys?: boolean
  /**
   * True when a record is as large as what the source finds, such as a row: topics of it that nothing declares take the
   * largest batches there may be.
   */
  readonly givesLargeRecords?: boolean
}
export interface PushSourceDeclaration<F extends Fields = Fields> extends DeclarationOf<'push-source', F, PushSource> {
  /** The path it takes on the shared listener for HTTP; when left out none. */
  ingress?(settings: SettingsOf<F>): IngressUse
  /** The address it listens on by itself; undefined when the settings name none that is one. */
  listens?(settings: SettingsOf<F>): ListenUse | undefined
}
export interface SinkDeclaration<F extends Fields = Fields> extends DeclarationOf<'sink', F, Sink> {
  /**
   * Why dead letters cannot come to it again through another topic than those of `from`; undefined when they can. Left
   * out when they always can.
   */
  refusesReplay?(settings: SettingsOf<F>): string | undefined
  /**
   * Which records it gives up although its target takes them; undefined when it gives up none. Without a topic for dead
   * letters it stops at the first of them, of which `validate` and `doctor` warn.
   */
  givesUp?(settings: SettingsOf<F>): string | undefined
}
export type ConnectorDeclaration = SourceDeclaration | PushSourceDeclaration | SinkDeclaration

/** Gives a declaration its types; the registry holds the result with the settings' type erased. */
export function declareSource<const F extends Fields>(declaration: SourceDeclaration<F>): SourceDeclaration {
  return declaration as unknown as SourceDeclaration
}

export function declarePushSource<const F extends Fields>(
  declaration: PushSourceDeclaration<F>,
): PushSourceDeclaration {
  return declaration as unknown as PushSourceDeclaration
}

export function declareSink<const F extends Fields>(declaration: SinkDeclaration<F>): SinkDeclaration {
  return declaration as unknown as SinkDeclaration
}
