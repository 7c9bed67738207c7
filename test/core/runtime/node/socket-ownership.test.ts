import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { socketOwnership } from '../../../../core/runtime/node/socket-ownership.js'
import { type Compiled, compileForNode } from './compile-for-node.js'

interface Said {
  readonly is: 'ready' | 'owner' | 'refused' | 'released' | 'lost'
  readonly code?: string
  readonly message?: string
}

/** An owner-process.ts that was started; `ask` gives the next line it says. */
class Contender {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(program: string, directory: string) {
    this.child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  async heard(): Promise<Said> {
    const line = await this.#lines.next()
    return JSON.parse(line.value as string) as Said
  }

  ask(command: 'claim' | 'release'): Promise<Said> {
    this.child.stdin!.write(`${command}\n`)
    return this.heard()
  }

  async kill(): Promise<void> {
    const exit = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exit
  }
}

describe('ownership by socket', () => {
  let compiled: Compiled
  let directory: string
  const started = new Set<Contender>()

  beforeAll(async () => {
    compiled = await compileForNode(['test/core/runtime/node/owner-process.ts'])
  })
  afterAll(() => compiled.dispose())
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tailrace-owner-'))
  })
  afterEach(async () => {
    for (const contender of started) if (contender.child.exitCode === null) contender.child.kill('SIGKILL')
    started.clear()
    await rm(directory, { recursive: true })
  })

  async function start(): Promise<Contender> {
    const contender = new Contender(compiled.pathOf('test/core/runtime/node/owner-process.ts'), directory)
    started.add(contender)
    expect(await contender.heard()).toEqual({ is: 'ready' })
    return contender
  }

  it('refuses a second process and names the first', async () => {
    const [first, second] = await Promise.all([start(), start()])
    expect(await first.ask('claim')).toEqual({ is: 'owner' })
    const refused = await second.ask('claim')
    expect(refused).toMatchObject({ is: 'refused', code: 'directory_owned' })
    expect(refused.message).toContain(`is owned by process ${first.child.pid} on `)
    expect(refused.message).toContain('owner-process.js')
    expect(refused.message).not.toContain('does not answer')
  })

  it('names an owner that is stopped, and says that it does not answer', async () => {
    const [first, second] = await Promise.all([start(), start()])
    await first.ask('claim')
    first.child.kill('SIGSTOP')
    const refused = await second.ask('claim')
    expect(refused).toMatchObject({ is: 'refused', code: 'directory_owned' })
    expect(refused.message).toContain(`is owned by process ${first.child.pid} on `)
    expect(refused.message).toContain('it does not answer')
    first.child.kill('SIGCONT')
    expect(await first.ask('release')).toEqual({ is: 'released' })
    expect(await second.ask('claim')).toEqual({ is: 'owner' })
  })

  it('gives the place at once after the owner was killed, and after it let go', async () => {
    const [first, second, third] = await Promise.all([start(), start(), start()])
    await first.ask('claim')
    await first.kill()
    expect(await second.ask('claim')).toEqual({ is: 'owner' })
    await second.ask('release')
    expect(await readdir(directory)).toEqual([])
    expect(await third.ask('claim')).toEqual({ is: 'owner' })
  })

  it('has exactly one owner when several processes find a dead one at the same moment', async () => {
    const waiting = await Promise.all([start(), start(), start(), start()])
    for (let round = 0; round < 25; round++) {
      const answers = await Promise.all(waiting.map((contender) => contender.ask('claim')))
      expect(answers.map((answer) => answer.is).toSorted()).toEqual(['owner', 'refused', 'refused', 'refused'])
      const winner = waiting.find((_, index) => answers[index]?.is === 'owner')!
      for (const refused of answers.filter((answer) => answer.is === 'refused')) {
        expect(refused).toMatchObject({ code: 'directory_owned' })
        expect(refused.message).toContain(`process ${winner.child.pid} on`)
      }
      expect(await readdir(directory)).toEqual(['owner.json', 'owner.sock'])
      await winner.kill()
      waiting[waiting.indexOf(winner)] = await start()
    }
  })

  it('tells the owner when its name is taken away', async () => {
    const claim = await socketOwnership.claim(directory)
    const lost = once(claim.lost, 'abort')
    await unlink(join(directory, 'owner.sock'))
    await lost
    expect(claim.lost.reason).toMatchObject({ code: 'ownership_lost' })
    await claim.release()
  })

  it('does not remove the name of another that took the place by force', async () => {
    const claim = await socketOwnership.claim(directory)
    await unlink(join(directory, 'owner.sock'))
    const usurper = await socketOwnership.claim(directory)
    await claim.release()
    expect(await readdir(directory)).toEqual(['owner.json', 'owner.sock'])
    await usurper.release()
    expect(await readdir(directory)).toEqual([])
  })

  it('removes what claimants that died left behind', async () => {
    const id = 'ab'.repeat(16)
    await writeFile(join(directory, `owner-${id}.claim`), '')
    await writeFile(join(directory, `owner-${id}.new`), '')
    await writeFile(join(directory, 'owner.sock'), '')
    const claim = await socketOwnership.claim(directory)
    expect(await readdir(directory)).toEqual(['owner.json', 'owner.sock'])
    await claim.release()
    await claim.release()
  })

  it('works in a directory whose path is longer than the address of a socket', async () => {
    const home = process.cwd()
    const long = join(directory, 'x'.repeat(90), 'y'.repeat(90))
    await mkdir(long, { recursive: true })
    const claim = await socketOwnership.claim(long)
    await expect(socketOwnership.claim(long)).rejects.toMatchObject({
      code: 'directory_owned',
      details: { owner: { pid: process.pid }, answers: true },
    })
    expect(process.cwd()).toBe(home)
    await claim.release()
    await (await socketOwnership.claim(long)).release()
  })

  it('says when there is no such directory', async () => {
    await expect(socketOwnership.claim(join(directory, 'none'))).rejects.toMatchObject({ code: 'not_found' })
  })
})
