// Where finished files go: the contract between the lake and the place it fills, a directory (directory-store.ts) or a
// bucket (s3/s3-store.ts).
//
// Staged files are always local: they are written, summed and synced before anything appears in the lake.

import type { SinkPartition } from '../../core/connector/sink.js'
import type { LakeRoot, Manifest, PlannedObject } from './manifest.js'
import type { Staging } from './staging.js'

/** A file that stands in the lake, ours or not. */
export interface StoredFile {
  readonly name: string
  readonly bytes: number
  /** By the store's clock. */
  readonly modifiedMs: number
}

/** A file read whole; what the store knows of it besides. */
export interface ReadFile {
  readonly bytes: Buffer
  readonly records?: number
  readonly nextOffset?: number
}

/** What stands under a name, held against what was planned. */
export type Seen = 'absent' | 'agrees' | 'differs'

export interface ObjectStore {
  readonly root: LakeRoot
  readonly staging: Staging
  /** How many files of a plan are looked at, and published, at the same time. */
  readonly publishesAtOnce: number
  /** What stands under the name of one of the plan's objects. */
  observe(object: PlannedObject, plan: Manifest): Promise<Seen>
  /** Called before the plan becomes durable: what `publish` needs of the staged files survives a loss of power. */
  secureStaged(): Promise<void>
  /**
   * The staged file appears under its name, whole or not at all. The name was free when it was observed. Errors:
   * lake_name_taken, when it is not any more.
   */
  publish(object: PlannedObject, plan: Manifest): Promise<void>
  /** Whatever was published under these names survives a loss of power. */
  settle(names: readonly string[]): Promise<void>
  /** Files whose names begin with the prefix, a thousand at a time, those of one folder one behind the other. */
  list(prefix: string): AsyncIterable<readonly StoredFile[]>
  /** A file that is small; instead of one that is not the partition's, what is wrong with it. */
  read(name: string, of: SinkPartition): Promise<ReadFile | string>
  /** Takes files away for good, those that are missing too; survives a loss of power. */
  remove(names: readonly string[]): Promise<void>
  /**
   * For whoever has the lake but not the log, where the objects do not say it themselves. Durable when it resolves;
   * replaces that of the same partition.
   */
  putManifest(manifest: Manifest): Promise<void>
  /** One that is missing is fine. */
  removeManifest(of: SinkPartition): Promise<void>
  /** All manifests of this sink. */
  manifests(): Promise<readonly Manifest[]>
}
