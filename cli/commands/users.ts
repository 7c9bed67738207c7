// tailrace users add | list | remove: who may log in to the Kafka port.

import type { Command } from 'commander'
import { withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson } from '../output.js'

interface JsonOptions extends HubPlace {
  readonly json?: true
}

export function addUsers(program: Command): void {
  const users = program.command('users').description('add, list and remove users of the Kafka port')
  withHubOptions(users.command('add'))
    .description('add a user, or change its password; the password is asked for, or is the first line of the input')
    .argument('<name>')
    .action(add)
  withHubOptions(users.command('list')).description('all names').option('--json', 'print JSON').action(list)
  withHubOptions(users.command('remove'))
    .description('remove a user; connections that are logged in stay')
    .argument('<name>')
    .action(remove)
}

async function add(name: string, options: HubPlace): Promise<void> {
  const { readPassword } = await import('../password.js')
  const { userFromPassword } = await import('../../hub/users.js')
  const { usageError } = await import('../../hub/failure.js')
  const entered = await readPassword()
  if ('problem' in entered) throw usageError(entered.problem)
  const user = await userFromPassword(name, entered.password)
  await withHub(options, (admin) => admin.putUser(name, user))
  print(`user ${name} may log in`)
}

async function list(options: JsonOptions): Promise<void> {
  const names = await withHub(options, (admin) => admin.users())
  if (options.json) return printJson(names)
  print(names.length === 0 ? 'no users' : names.join('\n'))
}

async function remove(name: string, options: HubPlace): Promise<void> {
  await withHub(options, (admin) => admin.removeUser(name))
  print(`user ${name} is removed`)
}
