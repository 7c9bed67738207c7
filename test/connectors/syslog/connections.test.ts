import { beforeEach, describe, expect, it } from 'vitest'
import { Connections } from '../../../connectors/syslog/connections.js'
import { Intake } from '../../../connectors/syslog/intake.js'
import { settled } from '../../support/manual-clock.js'
import { settingsWith, SmallLog, Surroundings, TestConnection } from './rig.js'

let around: Surroundings
let log: SmallLog
let intake: Intake
let connections: Connections

beforeEach(() => {
  around = new Surroundings()
  log = new SmallLog()
  const settings = settingsWith({ buffer: 2000, idle: 10_000, maxConnections: 3, maxConnectionsOfSender: 2 })
  intake = new Intake(settings, around.context(), () => connections.resume())
  connections = new Connections(settings, around.clock, intake)
})

function accepted(host?: string): TestConnection {
  const connection = new TestConnection(host)
  connections.accept(connection)
  return connection
}

const manySmall = '<13>x\n'.repeat(10)

describe('the connections of a listener', () => {
  it('are none of them read once one has filled the intake, and all of them when there is room', async () => {
    const release = log.hold()
    const done = intake.run(log)
    const [one, other] = [accepted(), accepted()]
    one.sends(manySmall)
    await settled()
    expect([one.isPaused, other.isPaused]).toEqual([true, true])
    const late = accepted('10.0.0.2')
    expect(late.isPaused).toBe(true)
    // Not being read is not idleness.
    await around.clock.advance(60_000)
    expect([one.isDestroyed, other.isDestroyed, late.isDestroyed]).toEqual([false, false, false])
    release()
    await settled()
    expect([one.isPaused, other.isPaused, late.isPaused]).toEqual([false, false, false])
    await around.clock.advance(10_000)
    expect([one.isDestroyed, other.isDestroyed, late.isDestroyed]).toEqual([true, true, true])
    intake.end()
    await done
    expect(log.texts).toHaveLength(10)
  })

  it('are so many in all and of one address', () => {
    const [one, other] = [accepted(), accepted()]
    expect(accepted().isDestroyed).toBe(true)
    const elsewhere = accepted('10.0.0.2')
    expect(accepted('10.0.0.3').isDestroyed).toBe(true)
    one.destroy()
    const again = accepted()
    expect([other, elsewhere, again].map(({ isDestroyed }) => isDestroyed)).toEqual([false, false, false])
    expect(around.refused).toEqual({ connections: 2 })
  })

  it('that come when the source stops are closed: nobody would take what they send', () => {
    const open = accepted()
    connections.close()
    const late = accepted()
    expect([open.isDestroyed, late.isDestroyed]).toEqual([true, true])
  })
})
