import { nodeWorld } from '../../../core/runtime/node-world.js'
import { storedUserOf, Users } from '../../../core/security/users.js'

/** Users that are kept nowhere, and the records under them. */
export function usersInMemory(): { readonly users: Users; readonly records: Map<string, Uint8Array> } {
  const records = new Map<string, Uint8Array>()
  const users = new Users(
    {
      get: (name) => records.get(name),
      names: () => [...records.keys()].sort(),
      async put(name, value) {
        if (value === null) records.delete(name)
        else records.set(name, value)
      },
    },
    nodeWorld().random,
  )
  return { users, records }
}

export async function addUser(users: Users, name: string, password: string): Promise<void> {
  await users.put(name, await storedUserOf(nodeWorld().random, name, password))
}
