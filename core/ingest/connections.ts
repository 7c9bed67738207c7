// The connections of the listener: how many there are, of which address, and which requests of each are under way.

import type { IncomingMessage } from 'node:http'
import { plainAddress, type ServedRequest } from './ingress-request.js'

export type Socket = IncomingMessage['socket']

/** What is known of the requests of one connection, which a client may send without waiting for answers. */
export interface ConnectionState {
  readonly underWay: Set<ServedRequest>
  /** What came is no HTTP any more, or came too slowly: the last answer closes the connection. */
  isBroken: boolean
}

export class Connections {
  readonly #mostOfOne: number
  readonly #states = new WeakMap<Socket, ConnectionState>()
  readonly #ofAddress = new Map<string, number>()
  #count = 0

  constructor(mostOfOne: number) {
    this.#mostOfOne = mostOfOne
  }

  get count(): number {
    return this.#count
  }

  /** False when its address has as many as it may have; then it is not counted. */
  add(socket: Socket, closed: () => void): boolean {
    const address = plainAddress(socket.remoteAddress)
    const ofAddress = this.#ofAddress.get(address) ?? 0
    if (ofAddress >= this.#mostOfOne) return false
    this.#ofAddress.set(address, ofAddress + 1)
    this.#count++
    socket.once('close', () => {
      this.#remove(address)
      closed()
    })
    return true
  }

  /** Behind TLS requests come by another socket than the one that was counted. */
  stateOf(socket: Socket): ConnectionState {
    let state = this.#states.get(socket)
    if (state === undefined) {
      state = { underWay: new Set(), isBroken: false }
      this.#states.set(socket, state)
    }
    return state
  }

  #remove(address: string): void {
    this.#count--
    const left = (this.#ofAddress.get(address) ?? 1) - 1
    if (left === 0) this.#ofAddress.delete(address)
    else this.#ofAddress.set(address, left)
  }
}
