// Where finished files go: the contract between the lake and the place it fills. The first user is a directory
// (directory-store.ts); an object store with conditional puts fits it too.
//
// Staged files are always local: they are written, summed and synced before anything appears in the lake.

import type { SinkPartition } from '../../core/connector/sink.js'
import type { LakeRoot, Manifest, PlannedObject } from './manifest.js'
import type { Staging } from './staging.js'

/** What stands under a name, held against what was planned. */
export type Seen = 'absent' | 'agrees' | 'differs'

export interface ObjectStore {
  readonly root: LakeRoot
  readonly staging: Staging
  observe(object: PlannedObject): Promise<Seen>
  /** The staged file appears under its name, whole or not at all. The name was free when it was observed. */
  publish(object: PlannedObject): Promise<void>
  /** Whatever was published under these names survives a loss of power. */
  settle(names: readonly string[]): Promise<void>
  /** Durable when it resolves; replaces that of the same partition. */
  putManifest(manifest: Manifest): Promise<void>
  /** One that is missing is fine. */
  removeManifest(of: SinkPartition): Promise<void>
  /** All manifests of this sink. */
  manifests(): Promise<readonly Manifest[]>
}
