// One attack: the process of the server, the peers at its sockets, and a well-behaved client in between.

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { AttackedServer } from './attacked-server.js'
import type { FramesEvidence } from './frames-judgement.js'
import type { PlantedFault } from './planted-faults.js'
import { cellName, RequestFrames, servedCells } from './request-frames.js'
import { SocketAttack } from './socket-attack.js'
import { WellBehavedClient } from './well-behaved-client.js'

const socketShare = 0.06
/** More than elsewhere: a connection ends at the first frame that is refused. */
const wholeShare = 0.75
const checkEveryMs = 100
const clientPatienceMs = 10_000

export interface AttackResult {
  readonly evidence: FramesEvidence
  readonly connections: number
  readonly seconds: number
  /** The last of what the process wrote to stderr. */
  readonly output: string
}

export async function attackServer(frames: number, seed: number, planted?: PlantedFault): Promise<AttackResult> {
  const startedMs = performance.now()
  const random = new SeededRandom(seed)
  const source = await RequestFrames.open(random.fork(), { wholeShare, wideShare: 0 })
  const sockets = new SocketAttack(random.fork(), source)
  const wantedFromSockets = Math.ceil(frames * socketShare)
  const steady = new SteadyChecks()
  const server = new AttackedServer({
    directFrames: frames - wantedFromSockets,
    seed: random.uint32(),
    planted,
    serving(port, view) {
      source.see(view)
      sockets.port = port
      void steady.moveTo(port).then(() => server.tell('left'))
    },
  })
  const isEnough = (): boolean => server.hasEnded || (server.isDirectDone && server.socketFrames >= wantedFromSockets)
  while (sockets.port === 0 && !server.hasEnded) await sleep(10)
  const checking = steady.run(isEnough)
  await sockets.run(isEnough)
  await checking
  if (!server.hasEnded) await steady.check()
  steady.close()
  server.tell('finish')
  const end = await server.end
  const { checks, failed: failedChecks } = steady
  return {
    evidence: {
      frames,
      cells: servedCells.map(cellName),
      ...{ report: server.report, end, wasSilent: server.wasSilent },
      ...{ checks, failedChecks, wrongAnswers: sockets.wrongAnswers },
    },
    connections: sockets.connections,
    seconds: (performance.now() - startedMs) / 1000,
    output: server.output,
  }
}

/** A well-behaved client that is looked after again and again, on whatever server there is. */
class SteadyChecks {
  checks = 0
  readonly failed: string[] = []
  #port = 0
  #client: WellBehavedClient | undefined
  /** One at a time: a server is left between two checks. */
  #queue: Promise<void> = Promise.resolve()

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.check()
      await sleep(checkEveryMs)
    }
  }

  check(): Promise<void> {
    return this.#next(async () => {
      if (this.#port === 0) return
      try {
        this.#client ??= await WellBehavedClient.connect(this.#port, clientPatienceMs)
        await this.#client.check()
        this.checks++
      } catch (error) {
        this.failed.push(messageOf(error))
        this.close()
      }
    })
  }

  moveTo(port: number): Promise<void> {
    return this.#next(async () => {
      this.close()
      this.#port = port
    })
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work)
    return this.#queue
  }
}
