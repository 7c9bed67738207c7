// Sockets with a name in a directory: how an owner shows that it lives and how another asks who it is.
//
// A name that refuses connections is dead for good: the kernel closes a socket with its process, and nobody can
// listen again under a name that is there. So no lock file has to be believed.

import net from 'node:net'
import { join, resolve } from 'node:path'
import type { OwnerCard } from '../ownership.js'
import { encodeCard, maxCardLength, parseCard } from './owner-card.js'
import { errnoOf, systemFailure } from './system-error.js'

/** The address of a Unix socket holds 108 bytes on Linux and 104 on macOS, with the closing zero. */
const maxAddressBytes = 103

/** Two processes that ask while a third is stopped must still reach it: more than will ever ask at once. */
const backlog = 511

export interface Place {
  readonly directory: string
  readonly name: string
}

/**
 * - `live`: a process holds it and gave its card (undefined when nobody asked for one).
 * - `silent`: a process holds it, but says nothing.
 * - `dropped`: it hung up without a word; as a rule it just died.
 * - `dead`: its process is gone. `gone`: there is no such name.
 */
export interface Answer {
  readonly presence: 'live' | 'silent' | 'dropped' | 'dead' | 'gone'
  readonly card: OwnerCard | undefined
}

/**
 * Listens under a name that is not there yet and answers everybody with the card. Does not keep the process alive.
 * Closing the server removes the name it was made under (not one it was renamed to).
 */
export function listenAt(place: Place, card: OwnerCard): Promise<net.Server> {
  const line = encodeCard(card)
  const server = net.createServer((socket) => {
    // The one who asked may be gone before it reads; that is its own affair.
    socket.on('error', () => socket.destroy())
    socket.end(line, () => socket.destroy())
    socket.unref()
  })
  server.unref()
  return new Promise((done, fail) => {
    server.once('error', (error) => fail(systemFailure('listen at', join(place.directory, place.name), error)))
    server.once('listening', () => done(server))
    atAddress(place, (path) => server.listen({ path, backlog, exclusive: true }))
  })
}

/** Asks whether somebody holds the place. Fails with `denied` or `io_failed`. */
export async function isLive(place: Place): Promise<boolean> {
  const { presence } = await ask(place, undefined)
  return presence !== 'dead' && presence !== 'gone'
}

/**
 * Asks who holds the place and waits up to `answerMs` for the card, or not at all when that is undefined.
 * Fails with `denied` or `io_failed`.
 */
export function ask(place: Place, answerMs: number | undefined): Promise<Answer> {
  return new Promise((done, fail) => {
    let received = ''
    let timer: NodeJS.Timeout | undefined
    const socket = atAddress(place, (path) => net.connect({ path }))
    const finish = (presence: Answer['presence'], card?: OwnerCard) => {
      clearTimeout(timer)
      socket.destroy()
      done({ presence, card })
    }
    socket.setEncoding('utf8')
    // The wait begins here, not at the call: a late turn of our own event loop says nothing about the owner.
    socket.on('connect', () => {
      if (answerMs === undefined) finish('live')
      else timer = setTimeout(() => finish('silent'), answerMs)
    })
    socket.on('data', (text: string) => {
      received += text
      if (received.length > maxCardLength) finish('silent')
    })
    socket.on('end', () => {
      const card = parseCard(received)
      finish(card === undefined ? 'dropped' : 'live', card)
    })
    socket.on('error', (error) => {
      const presence = presenceOfErrno[errnoOf(error) ?? '']
      if (presence !== undefined) return finish(presence)
      clearTimeout(timer)
      fail(systemFailure('ask the owner at', join(place.directory, place.name), error))
    })
  })
}

const presenceOfErrno: Readonly<Record<string, Answer['presence']>> = {
  ECONNREFUSED: 'dead',
  ENOENT: 'gone',
  // The queue of a listener that accepts nothing (a stopped process) is full.
  EAGAIN: 'silent',
  ECONNRESET: 'dropped',
  EPIPE: 'dropped',
}

/**
 * Calls back with an address of the place that fits. One that is too long is reached from within the directory: the
 * process goes there and back within this turn, so `use` must bind or connect before it returns. (A call of node:fs
 * with a relative path that a thread of the pool starts in just this moment would look in the wrong directory; the
 * product opens its files by absolute paths.)
 */
function atAddress<T>(place: Place, use: (address: string) => T): T {
  const path = join(resolve(place.directory), place.name)
  if (Buffer.byteLength(path) <= maxAddressBytes) return use(path)
  const home = process.cwd()
  enter(place.directory)
  try {
    return use(place.name)
  } finally {
    process.chdir(home)
  }
}

function enter(directory: string): void {
  try {
    process.chdir(directory)
  } catch (error) {
    throw systemFailure('enter', directory, error)
  }
}
