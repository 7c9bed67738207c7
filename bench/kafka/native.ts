// The programs in C and the peer that Debian's packages bring: compiled and found, or named as missing.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** C sources are no part of the build. */
const sources = fileURLToPath(new URL('../../../bench/kafka/', import.meta.url))

export interface NativePrograms {
  readonly rdkafkaClient: string
  readonly natsClient: string
  readonly natsServer: string
}

const needed = [
  { package: 'gcc', isThere: () => spawnSync('cc', ['--version']).status === 0 },
  { package: 'librdkafka-dev', isThere: () => existsSync('/usr/include/librdkafka/rdkafka.h') },
  { package: 'libnats-dev', isThere: () => existsSync('/usr/include/nats/nats.h') },
  { package: 'nats-server', isThere: () => spawnSync('nats-server', ['--version']).status === 0 },
]

/** Compiles into the directory; undefined, after a line that says which packages are missing, when it cannot. */
export function compileClients(directory: string): NativePrograms | undefined {
  const missing = needed.filter(({ isThere }) => !isThere()).map((each) => each.package)
  if (missing.length > 0) {
    process.stdout.write(`left out: Debian's packages ${missing.join(', ')} are not installed\n`)
    return undefined
  }
  const compile = (name: string, flags: readonly string[]): string => {
    const program = join(directory, name)
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, join(sources, `${name}.c`), ...flags])
    return program
  }
  return {
    rdkafkaClient: compile('rdkafka-client', ['-lrdkafka', '-lpthread']),
    natsClient: compile('nats-client', ['-I/usr/include/nats', '-lnats']),
    natsServer: 'nats-server',
  }
}

/** The versions of what is compared with, for the head of the figures. */
export function printNativeVersions(): void {
  const packages = ['librdkafka1', 'libnats3.4', 'nats-server', 'gcc']
  const format = '--showformat=${Package} ${Version}, '
  const { stdout } = spawnSync('dpkg-query', ['--show', format, ...packages], { encoding: 'utf8' })
  process.stdout.write(`${stdout.replace(/, $/, '')}\n`)
}
