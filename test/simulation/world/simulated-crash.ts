/** Thrown by a synchronous call that a crash strikes, and by every later one of the process that died of it. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash'
}
