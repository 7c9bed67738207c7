// The way to a log for one command: a running hub over HTTP, or the data directory itself when nobody owns it. Who owns
// it is decided by trying to own it: a lock file or an address left behind by a crash decides nothing.

import type { AdminService } from '../core/admin/admin-service.js'
import { runtimeErrors } from '../core/runtime/errors.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { readAdminToken } from '../core/security/admin-token.js'
import { listenAddressText, parseListenAddress } from '../core/security/listen-address.js'
import { announcedAdminApi, dataDirectoryOf, isDataDirectory } from './data-directory.js'
import { hubErrors } from './errors.js'
import { openDataDirectory } from './open-data-directory.js'
import { remoteAdmin } from './remote-admin.js'

export interface ReachOptions {
  /** `HOST:PORT` of a running hub. */
  readonly http?: string
  /** The data directory; when left out, `.tailrace` here, else the hub that listens where `run` does by default. */
  readonly data?: string
  /** The admin token; read from the data directory when left out. */
  readonly token?: string
}

export interface ReachedHub {
  readonly admin: AdminService
  close(): Promise<void>
}

/** As `run` listens when it is told nothing else. */
const defaultHttp = '127.0.0.1:7070'

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Errors: no_data_directory, api_off when the owner has no admin API, what the data directory may not open. */
export async function reachHub(options: ReachOptions): Promise<ReachedHub> {
  const { files } = nodeWorld()
  const dataDirectory = dataDirectoryOf(options.data)
  const remote = async (http: string): Promise<ReachedHub> => ({
    admin: remoteAdmin({ http: reachable(http), token: options.token ?? (await readAdminToken(files, dataDirectory)) }),
    close: () => Promise.resolve(),
  })
  if (options.http !== undefined) return remote(options.http)
  if (options.data === undefined && !(await isDataDirectory(files, dataDirectory))) return remoteByDefault()
  try {
    return await openDataDirectory(dataDirectory)
  } catch (error) {
    if (!runtimeErrors.is(error, 'directory_owned')) throw error
    const http = await announcedAdminApi(files, dataDirectory)
    if (http !== undefined) return remote(http)
    throw hubErrors.make('api_off', `${error.message}, and it has no admin API`, { cause: error })
  }
}

/** Neither an address nor a data directory was named and none is here: the hub that runs where hubs run by default. */
async function remoteByDefault(): Promise<ReachedHub> {
  const admin = remoteAdmin({ http: defaultHttp, token: undefined })
  try {
    await admin.readiness()
  } catch (error) {
    const message = `there is no data directory here, and no hub answers at ${defaultHttp}`
    throw hubErrors.make('no_data_directory', message, { cause: error })
  }
  return { admin, close: () => Promise.resolve() }
}

/** Where a listener for everybody is reached from its own machine. */
function reachable(http: string): string {
  const { host, port } = parseListenAddress(http)
  if (!wildcards.has(host)) return http
  return listenAddressText({ host: host === '::' ? '::1' : '127.0.0.1', port })
}
