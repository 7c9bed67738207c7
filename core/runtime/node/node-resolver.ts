// Names by the system's own resolver (getaddrinfo), so that /etc/hosts and search domains hold as everywhere else. libuv
// gives it at most half of its threads: a server of names that is gone never keeps files from being synced.

import { lookup } from 'node:dns/promises'
import { messageOf } from '../../errors/tailrace-error.js'
import { runtimeErrors } from '../errors.js'
import type { Resolver } from '../resolver.js'
import { errnoOf } from './system-error.js'

/** The machine's resolver. */
export const nodeResolver: Resolver = {
  async addressesOf(name) {
    try {
      const found = await lookup(name, { all: true, verbatim: true })
      return found.map(({ address }) => address)
    } catch (cause) {
      const details = { name, errno: errnoOf(cause) ?? 'EUNKNOWN' }
      throw runtimeErrors.make('name_unresolved', `${name} has no address: ${messageOf(cause)}`, { cause, details })
    }
  },
}
