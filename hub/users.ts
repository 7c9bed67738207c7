// Users of a hub: kept in the engine's state under a scope that no pipeline can have (`~` is no character of a
// pipeline's name), made of passwords here, in the process that asked for them.

import type { LogEngine } from '../core/engine/log-engine.js'
import type { StateClaim, StateScope } from '../core/engine/state-service.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import type { Random } from '../core/runtime/random.js'
import { type StoredUser, storedUserOf, Users } from '../core/security/users.js'

const scope: StateScope = { pipeline: '~hub', connector: 'users' }

/** Once for an engine: two would end each other's right to write. */
export function usersOf({ state }: LogEngine, random: Random): Users {
  let claim: Promise<StateClaim> | undefined
  const records = {
    get: (name: string) => state.get(scope, name),
    names: () => state.entries(scope, '').map(([name]) => name),
    async put(name: string, value: Uint8Array | null) {
      claim ??= state.claim(scope)
      await state.put({ claim: await claim, changes: [{ key: name, value }] })
    },
  }
  return new Users(records, random)
}

/** What may leave this process of a password. Errors: invalid_user. */
export function userFromPassword(name: string, password: string): Promise<StoredUser> {
  return storedUserOf(nodeWorld().random, name, password)
}
