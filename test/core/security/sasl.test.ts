import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { beginExchange, offeredMechanisms, type SaslStep } from '../../../core/security/sasl.js'
import { acceptsProof, deriveCredential, serverSignature } from '../../../core/security/scram-credential.js'
import { storedUserOf } from '../../../core/security/users.js'
import { ScramClient } from './sasl-client.js'
import { addUser, usersInMemory } from './users-in-memory.js'

const { random } = nodeWorld()
const { users, records } = usersInMemory()
const parts = { users, random }
const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

beforeAll(() => addUser(users, 'ada', 'correct horse'))

describe('the credential of RFC 7677', () => {
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const authMessage =
    'n=user,r=rOprNGfwEbeRWgbNEkqO,' + `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,` + `c=biws,r=${nonce}`
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')

  it('accepts the proof of its example, and no other, and gives its signature', async () => {
    const salting = { salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), iterations: 4096 }
    const credential = await deriveCredential('SCRAM-SHA-256', 'pencil', salting)
    expect(acceptsProof('SCRAM-SHA-256', credential, { proof, authMessage })).toBe(true)
    for (let at = 0; at < proof.length; at++) {
      const wrong = Buffer.from(proof)
      wrong[at]! ^= 1
      expect(acceptsProof('SCRAM-SHA-256', credential, { proof: wrong, authMessage })).toBe(false)
    }
    expect(acceptsProof('SCRAM-SHA-256', credential, { proof: proof.subarray(1), authMessage })).toBe(false)
    expect(serverSignature('SCRAM-SHA-256', credential, authMessage).toString('base64')).toBe(
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    )
  })
})

describe.each(scram)('%s', (mechanism) => {
  async function logIn(user: string, password: string): Promise<{ client: ScramClient; last: SaslStep }> {
    const exchange = beginExchange(mechanism, false, parts)!
    const client = new ScramClient(mechanism, { user, password })
    const first = await exchange.step(Buffer.from(client.firstMessage))
    if (first.kind !== 'continue') return { client, last: first }
    return { client, last: await exchange.step(Buffer.from(client.answer(first.token.toString()))) }
  }

  it('lets in who knows the password, and proves itself', async () => {
    const { client, last } = await logIn('ada', 'correct horse')
    expect(last).toMatchObject({ kind: 'done', user: 'ada' })
    expect(client.accepts((last as { token: Buffer }).token.toString())).toBe(true)
  })

  it('refuses a wrong password and an unknown user alike, at the proof', async () => {
    const wrong = await logIn('ada', 'correct house')
    const unknown = await logIn('bob', 'correct horse')
    expect(wrong.last).toEqual({ kind: 'refused', reason: 'unknown user or wrong password' })
    expect(unknown.last).toEqual(wrong.last)
  })

  it('asks unknown users with the same salt each time, of the shape of a real one', async () => {
    const ask = async (user: string): Promise<string> => {
      const step = await beginExchange(mechanism, false, parts)!.step(Buffer.from(`n,,n=${user},r=x`))
      return (step as { token: Buffer }).token.toString().replace(/^r=[^,]+,/, '')
    }
    expect(await ask('bob')).toBe(await ask('bob'))
    expect(await ask('bob')).not.toBe(await ask('eve'))
    expect((await ask('bob')).length).toBe((await ask('ada')).length)
  })

  it.each([
    ['a channel binding', 'p=tls-unique,,n=ada,r=x'],
    ['another to act for', 'n,a=root,n=ada,r=x'],
    ['an extension that must be known', 'n,,m=x,n=ada,r=x'],
    ['a name that is not escaped', 'n,,n=a=da,r=x'],
    ['no nonce', 'n,,n=ada'],
    ['nothing', ''],
  ])('refuses %s', async (_what, message) => {
    expect(await beginExchange(mechanism, false, parts)!.step(Buffer.from(message))).toMatchObject({ kind: 'refused' })
  })

  it('refuses a final message that was changed anywhere, and every token after a refusal', async () => {
    const client = new ScramClient(mechanism, { user: 'ada', password: 'correct horse' })
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const exchange = beginExchange(mechanism, false, parts)!
        const first = await exchange.step(Buffer.from(client.firstMessage))
        const final = Buffer.from(client.answer((first as { token: Buffer }).token.toString()))
        const whole = Buffer.from(final)
        const at = place % final.length
        final[at]! ^= change
        // Two ways to write the same proof in Base64 are the same proof.
        const proofOf = (message: Buffer): Buffer => Buffer.from(message.toString().split(',p=')[1] ?? '', 'base64')
        const isSame = final.subarray(0, at).includes(',p=') && proofOf(final).equals(proofOf(whole))
        const step = await exchange.step(final)
        if (!isSame) {
          expect(step.kind).toBe('refused')
          expect((await exchange.step(whole)).kind).toBe('refused')
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('PLAIN', () => {
  const step = (token: string): Promise<SaslStep> => beginExchange('PLAIN', true, parts)!.step(Buffer.from(token))

  it('lets in who knows the password, for itself only', async () => {
    expect(await step('\0ada\0correct horse')).toMatchObject({ kind: 'done', user: 'ada' })
    expect(await step('ada\0ada\0correct horse')).toMatchObject({ kind: 'done', user: 'ada' })
    expect(await step('root\0ada\0correct horse')).toMatchObject({ kind: 'refused' })
  })

  it.each(['\0ada\0wrong horse', '\0bob\0correct horse', '\0ada\0', '\0\0x', 'ada', '', '\0a\0b\0c', 'x'.repeat(9000)])(
    'refuses %j',
    async (token) => {
      expect(await step(token)).toMatchObject({ kind: 'refused' })
    },
  )

  it('is offered only where nobody else can listen', () => {
    expect(offeredMechanisms(false)).toEqual(scram)
    expect(offeredMechanisms(true)).toContain('PLAIN')
    expect(beginExchange('PLAIN', false, parts)).toBeUndefined()
    expect(beginExchange('GSSAPI', true, parts)).toBeUndefined()
  })
})

describe('users', () => {
  it('are kept without anything that gives a password away', () => {
    const kept = Buffer.from(records.get('ada')!).toString()
    expect(kept).not.toContain('correct horse')
    expect(Object.keys(JSON.parse(kept) as object)).toEqual(scram)
  })

  it('have other salts at each change', async () => {
    const [one, other] = [await storedUserOf(random, 'x', 'password'), await storedUserOf(random, 'x', 'password')]
    expect(one['SCRAM-SHA-256'].salt).not.toBe(other['SCRAM-SHA-256'].salt)
    expect(one['SCRAM-SHA-256'].storedKey).not.toBe(other['SCRAM-SHA-256'].storedKey)
  })

  it.each(['', 'a b', 'a\0', 'ä', 'x'.repeat(129)])('may not be called %j', async (name) => {
    await expect(storedUserOf(random, name, 'password')).rejects.toMatchObject({ code: 'invalid_user' })
  })

  it.each(['', 'seven77', 'x'.repeat(1025)])('may not have the password %j', async (password) => {
    await expect(storedUserOf(random, 'ada', password)).rejects.toMatchObject({ code: 'invalid_user' })
  })

  it('are refused with credentials that are weak or incomplete', async () => {
    const user = await storedUserOf(random, 'ada', 'password')
    const weak = { ...user, 'SCRAM-SHA-512': { ...user['SCRAM-SHA-512'], iterations: 1000 } }
    const short = { ...user, 'SCRAM-SHA-256': { ...user['SCRAM-SHA-256'], storedKey: 'AAAA' } }
    for (const bad of [weak, short]) {
      await expect(users.put('eve', bad)).rejects.toMatchObject({ code: 'invalid_user' })
    }
  })

  it('cannot log in any more when they are removed', async () => {
    await addUser(users, 'gone', 'correct horse')
    await users.remove('gone')
    await expect(users.remove('gone')).rejects.toMatchObject({ code: 'unknown_user' })
    expect(await beginExchange('PLAIN', true, parts)!.step(Buffer.from('\0gone\0correct horse'))).toMatchObject({
      kind: 'refused',
    })
  })
})
