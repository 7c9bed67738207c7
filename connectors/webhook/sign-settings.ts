// The settings of `sign`: how requests are signed, and which of the settings belong to which scheme. Light: a declaration
// reads it.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { choice, optional, secret, section, type SettingsOf, text } from '../../core/connector/fields.js'
import { githubHeader, stripeHeader } from '../../core/signature/request-signer.js'
import { countParts } from '../../core/signature/signed-content.js'
import { isStandardWebhookSecret } from '../../core/signature/standard-webhooks.js'

const signFields = {
  scheme: choice(['standard-webhooks', 'github', 'stripe', 'hmac'], {
    summary: 'Whose way of signing it is; "hmac" is described by the settings from `header` on.',
    default: 'standard-webhooks',
  }),
  secret: secret({
    summary: 'The secret: for "standard-webhooks" base64, behind `whsec_` or not; else any text.',
    example: { $env: 'HOOK_SECRET' },
  }),
  previousSecret: optional(
    secret({ summary: 'The secret before, while receivers go over to the new one: both sign. Not for "github".' }),
  ),
  header: optional(text({ summary: 'For "hmac": the header with the signature.', example: 'x-signature' })),
  algorithm: optional(
    choice(['sha1', 'sha256', 'sha512'], { summary: 'For "hmac": the hash of the HMAC, sha256 when left out.' }),
  ),
  encoding: optional(
    choice(['hex', 'base64'], { summary: 'For "hmac": how the signature is written, hex when left out.' }),
  ),
  prefix: optional(
    text({ summary: 'For "hmac": what stands in the header before the signature.', example: 'sha256=' }),
  ),
  signed: optional(
    text({
      summary:
        'For "hmac": what is signed: `{body}` once, and if wanted `{timestamp}` and `{id}`. The body alone when left out.',
      example: '{timestamp}.{body}',
    }),
  ),
  timestampHeader: optional(
    text({
      summary: 'For "hmac": a header with the time that is signed, besides `webhook-timestamp`.',
      example: 'x-signed-at',
    }),
  ),
}

export const signField = section(signFields, {
  summary: 'Signs each request, so that the receiver can tell whose it is.',
})

export type SignSettings = SettingsOf<typeof signFields>

const hmacOnly = ['header', 'algorithm', 'encoding', 'prefix', 'signed', 'timestampHeader'] as const

/** The headers with signatures, in lower case: the file cannot set them. */
export function signatureHeaders({ scheme, header, timestampHeader }: SignSettings): readonly string[] {
  if (scheme === 'github') return [githubHeader]
  if (scheme === 'stripe') return [stripeHeader]
  return [header, timestampHeader].filter((name) => name !== undefined).map((name) => name.toLowerCase())
}

/** `nameProblem` says what is wrong with the name of a header. */
export function checkSign(
  sign: SignSettings,
  nameProblem: (name: string) => string | undefined,
): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  const complain = (setting: keyof SignSettings, message: string | undefined): void => {
    if (message !== undefined) problems.push({ path: ['sign', setting], message })
  }
  const { scheme } = sign
  if (scheme === 'standard-webhooks') {
    for (const name of ['secret', 'previousSecret'] as const) {
      const one = sign[name]
      if (one === undefined || isStandardWebhookSecret(one.reveal())) continue
      complain(name, 'must be base64, with or without "whsec_" before it')
    }
  }
  if (scheme === 'github' && sign.previousSecret !== undefined) {
    complain('previousSecret', 'does not belong to "github", whose header has room for one signature')
  }
  if (scheme === 'hmac') return [...problems, ...checkHmac(sign, nameProblem)]
  for (const name of hmacOnly) if (sign[name] !== undefined) complain(name, `does not belong to "${scheme}"`)
  return problems
}

function checkHmac(
  { header, timestampHeader, prefix, signed = '{body}' }: SignSettings,
  nameProblem: (name: string) => string | undefined,
): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  const complain = (path: readonly string[], message: string | undefined): void => {
    if (message !== undefined) problems.push({ path: ['sign', ...path], message })
  }
  if (header === undefined) complain([], 'the scheme "hmac" needs "header"')
  else complain(['header'], nameProblem(header))
  if (prefix !== undefined && !/^[\x21-\x7e]*$/.test(prefix)) {
    complain(['prefix'], 'holds more than printable ASCII without spaces')
  }
  const { body, timestamp, id } = countParts(signed)
  if (body !== 1) complain(['signed'], 'must have {body} once')
  if (timestamp > 1 || id > 1) complain(['signed'], 'may have {timestamp} and {id} once each')
  for (const [whole] of signed.matchAll(/\{(?!(?:body|timestamp|id)\})[^{}]*\}/g)) {
    complain(['signed'], `"${whole}" is none of {body}, {timestamp}, {id}`)
  }
  if (timestampHeader === undefined) return problems
  complain(['timestampHeader'], nameProblem(timestampHeader))
  if (timestampHeader.toLowerCase() === header?.toLowerCase()) complain(['timestampHeader'], 'is "header" as well')
  // A time that is not signed could be set by whoever repeats an old request.
  if (timestamp === 0) complain(['timestampHeader'], 'needs {timestamp} in "signed"')
  return problems
}
