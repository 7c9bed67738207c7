// One owner per directory, held by a Unix socket named owner.sock.
//
// Taking over a dead owner's name must not race. A claimant listens at owner-ID.new, renames that to owner-ID.claim
// (its flag), and only then looks: first at all other flags, then at owner.sock. It renames its flag to owner.sock
// only when no other live flag and no live owner.sock were there. Of two claimants, the one that raised its flag
// later sees the other's flag, or, if that was renamed meanwhile, its owner.sock: so at most one passes. The proof
// needs that nobody removes the name of a live socket: flags have names of their own, are named only once they
// listen, and one that refuses is dead for good; removing a .new name only makes its claimant start again.

import { randomBytes } from 'node:crypto'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { messageOf } from '../../errors/tailrace-error.js'
import type { Timer } from '../clock.js'
import { runtimeErrors } from '../errors.js'
import type { FileStat } from '../files.js'
import type { Claim, OwnerCard, Ownership } from '../ownership.js'
import { nodeClock } from './node-clock.js'
import { nodeFiles } from './node-files.js'
import { describeOwner, encodeCard, ownCard, parseCard } from './owner-card.js'
import { ask, isLive, listenAt } from './owner-socket.js'

const ownerName = 'owner.sock'
const cardName = 'owner.json'
const newName = /^owner-[0-9a-f]{32}\.new$/
const flagName = /^owner-[0-9a-f]{32}\.claim$/

/** An owner that lives answers in microseconds; one that takes longer is stopped or starved. */
const answerMs = 500

/** How long claimants wait for one another; with answerMs below the second that the contract allows. */
const contentionMs = 400
const contentionPauseMs = 5

/** An owner that hangs up without a card has died or is about to; this often we ask for the verdict. */
const maxQuestions = 3

/** How often the owner looks whether its name still leads to it. */
const watchMs = 1000

interface Flag {
  readonly name: string
  readonly server: Server
}

/** Ownership by a Unix socket in the directory, which must lie on a local file system that knows sockets. */
export const socketOwnership: Ownership = {
  async claim(directory: string): Promise<Claim> {
    const giveUpAtMs = nodeClock.monotonicMs() + contentionMs
    // The time is for others: on a starved machine it may be over before the first look, and nobody was there.
    do {
      await refuseIfOwned(directory)
      const others = await liveFlags(directory)
      const claim = others.length === 0 ? await attemptClaim(directory, giveUpAtMs) : undefined
      if (claim !== undefined) return claim
      await nodeClock.sleep(contentionPauseMs)
    } while (nodeClock.monotonicMs() < giveUpAtMs)
    await refuseIfOwned(directory)
    throw runtimeErrors.make('directory_owned', `${directory} is being taken by another process that does not finish`, {
      details: { directory },
    })
  },
}

/** Undefined when another claimant goes first. */
async function attemptClaim(directory: string, giveUpAtMs: number): Promise<Claim | undefined> {
  const card = ownCard()
  const flag = await raiseFlag(directory, card)
  if (flag === undefined) return undefined
  let passed = false
  try {
    if (!(await isAlone(directory, flag, giveUpAtMs))) return undefined
    await refuseIfOwned(directory)
    await publishCard(directory, card)
    const own = await nodeFiles.stat(join(directory, flag.name))
    if (own === undefined) return undefined
    await nodeFiles.rename(join(directory, flag.name), join(directory, ownerName))
    passed = true
    return new SocketClaim(directory, flag.server, own)
  } finally {
    if (!passed) await lowerFlag(directory, flag)
  }
}

async function refuseIfOwned(directory: string): Promise<void> {
  const place = { directory, name: ownerName }
  let answer = await ask(place, answerMs)
  for (let questions = 1; answer.presence === 'dropped' && questions < maxQuestions; questions++) {
    answer = await ask(place, answerMs)
  }
  if (answer.presence === 'dead' || answer.presence === 'gone') return
  const card = answer.card ?? (await readCard(directory))
  const silence = answer.presence === 'live' ? '' : '; it does not answer'
  throw runtimeErrors.make('directory_owned', `${directory} is owned by ${describeOwner(card)}${silence}`, {
    details: { directory, owner: card, answers: answer.presence === 'live' },
  })
}

async function readCard(directory: string): Promise<OwnerCard | undefined> {
  try {
    return parseCard((await nodeFiles.readAll(join(directory, cardName))).toString())
  } catch (error) {
    if (runtimeErrors.is(error, 'not_found')) return undefined
    throw error
  }
}

/** Written before the name is taken, so that beside a live owner.sock lies the card of its owner. */
async function publishCard(directory: string, card: OwnerCard): Promise<void> {
  try {
    await nodeFiles.replace(join(directory, cardName), Buffer.from(encodeCard(card)))
  } catch (error) {
    // The card is a courtesy to people; on a full disk the hub still has to start, to serve what it holds.
    if (!runtimeErrors.is(error, 'disk_full')) throw error
  }
}

/** Undefined when somebody took our socket for a dead one before it listened: start again. */
async function raiseFlag(directory: string, card: OwnerCard): Promise<Flag | undefined> {
  const id = randomBytes(16).toString('hex')
  const name = `owner-${id}.claim`
  const server = await listenAt({ directory, name: `owner-${id}.new` }, card)
  try {
    await nodeFiles.rename(join(directory, `owner-${id}.new`), join(directory, name))
    return { name, server }
  } catch (error) {
    await closeServer(server)
    if (runtimeErrors.is(error, 'not_found')) return undefined
    throw error
  }
}

async function lowerFlag(directory: string, flag: Flag): Promise<void> {
  await removeIfThere(join(directory, flag.name))
  await closeServer(flag.server)
}

/** Waits until all other flags are down. Of two claimants the one with the smaller name stays, the other gives way. */
async function isAlone(directory: string, flag: Flag, giveUpAtMs: number): Promise<boolean> {
  do {
    const others = (await liveFlags(directory)).filter((name) => name !== flag.name)
    if (others.length === 0) return true
    if (others.some((name) => name < flag.name)) return false
    await nodeClock.sleep(contentionPauseMs)
  } while (nodeClock.monotonicMs() < giveUpAtMs)
  return false
}

/** The flags of claimants that live; removes the names of dead ones. */
async function liveFlags(directory: string): Promise<string[]> {
  const live: string[] = []
  for (const name of await nodeFiles.list(directory)) {
    const isFlag = flagName.test(name)
    if (!isFlag && !newName.test(name)) continue
    if (!(await isLive({ directory, name }))) await removeIfThere(join(directory, name))
    else if (isFlag) live.push(name)
  }
  return live
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await nodeFiles.unlink(path)
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

class SocketClaim implements Claim {
  readonly #directory: string
  readonly #server: Server
  readonly #own: FileStat
  readonly #lost = new AbortController()
  #watch: Timer
  #released = false

  constructor(directory: string, server: Server, own: FileStat) {
    this.#directory = directory
    this.#server = server
    this.#own = own
    this.#watch = nodeClock.after(watchMs, () => void this.#look())
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    this.#watch.cancel()
    // The names go while the socket still listens: a dead name could be another's before we remove it.
    if (await this.#isOurs()) {
      await removeIfThere(join(this.#directory, cardName))
      await removeIfThere(join(this.#directory, ownerName))
    }
    await closeServer(this.#server)
  }

  async #look(): Promise<void> {
    const failure = await this.#isOurs().then(
      (ours) => (ours ? undefined : 'is gone or belongs to another process'),
      (error: unknown) => `cannot be looked at: ${messageOf(error)}`,
    )
    if (this.#released) return
    if (failure === undefined) {
      this.#watch = nodeClock.after(watchMs, () => void this.#look())
      return
    }
    const path = join(this.#directory, ownerName)
    this.#lost.abort(runtimeErrors.make('ownership_lost', `${path} ${failure}`, { details: { path } }))
  }

  async #isOurs(): Promise<boolean> {
    const there = await nodeFiles.statLink(join(this.#directory, ownerName))
    return there?.inode === this.#own.inode && there.device === this.#own.device
  }
}
