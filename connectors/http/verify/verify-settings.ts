// The settings of `verify`: whose signatures a source takes. Light: a declaration reads it.

import type { SettingProblem } from '../../../core/connector/declaration.js'
import {
  choice,
  duration,
  list,
  optional,
  secret,
  section,
  type SettingsOf,
  text,
} from '../../../core/connector/fields.js'
import { countParts } from '../../../core/signature/signed-content.js'
import { isStandardWebhookSecret } from '../../../core/signature/standard-webhooks.js'

const contentFields = {
  signatureHeader: text({ summary: 'The header with the signature.', example: 'x-shopify-hmac-sha256' }),
  prefix: optional(text({ summary: 'What stands in the header before the signature.', example: 'sha256=' })),
  algorithm: choice(['sha1', 'sha256', 'sha384', 'sha512'], { summary: 'The hash of the HMAC.', default: 'sha256' }),
  encoding: choice(['hex', 'base64'], { summary: 'How the signature is written; hex in lower case.', default: 'hex' }),
  template: text({
    summary: 'What is signed: `{body}` once, and if wanted `{timestamp}` and `{id}`.',
    default: '{body}',
    example: '{timestamp}.{body}',
  }),
  timestampHeader: optional(
    text({ summary: 'The header with the time of signing, in seconds since the epoch.', example: 'x-signed-at' }),
  ),
  idHeader: optional(
    text({ summary: "The header with the sender's id of the delivery.", example: 'x-shopify-webhook-id' }),
  ),
}

export const verifyFields = {
  scheme: choice(['github', 'stripe', 'slack', 'standard-webhooks', 'hmac'], {
    summary: 'Whose way of signing it is; "hmac" is described by `content`.',
  }),
  secrets: list(secret({ summary: 'A secret.' }), {
    summary: 'A signature by any of these is taken, so that one can be replaced without a gap.',
    minItems: 1,
    example: [{ $env: 'WEBHOOK_SECRET' }],
  }),
  tolerance: duration({
    summary: 'How far the time of signing may be from now, where a scheme signs the time.',
    default: 300_000,
  }),
  content: optional(
    section(contentFields, {
      summary: 'For "hmac": where the signature stands, and what is signed.',
      example: { signatureHeader: 'x-signature' },
    }),
  ),
}

export type VerifySettings = SettingsOf<typeof verifyFields>
type ContentSettings = NonNullable<VerifySettings['content']>

export function checkVerify({ scheme, secrets, content }: VerifySettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  if (scheme === 'standard-webhooks') {
    for (const [place, one] of secrets.entries()) {
      if (isStandardWebhookSecret(one.reveal())) continue
      const message = 'must be base64, with or without "whsec_" before it'
      problems.push({ path: ['verify', 'secrets', String(place)], message })
    }
  }
  if (scheme === 'hmac' && content === undefined) {
    problems.push({ path: ['verify'], message: 'the scheme "hmac" needs "content"' })
  }
  if (scheme !== 'hmac' && content !== undefined) {
    problems.push({ path: ['verify', 'content'], message: `does not belong to "${scheme}"` })
  }
  if (content !== undefined) problems.push(...checkContent(content))
  return problems
}

function checkContent({ template, timestampHeader, idHeader }: ContentSettings): readonly SettingProblem[] {
  const counts = countParts(template)
  const path = ['verify', 'content', 'template']
  const problems: SettingProblem[] = []
  if (counts.body !== 1) problems.push({ path, message: 'must have {body} once' })
  if (counts.timestamp > 1 || counts.id > 1) problems.push({ path, message: 'may have {timestamp} and {id} once each' })
  // A time that is not signed could be set by whoever repeats an old request.
  if (counts.timestamp > 0 !== (timestampHeader !== undefined)) {
    problems.push({ path, message: '{timestamp} in it and "timestampHeader" need one another' })
  }
  if (counts.id > 0 && idHeader === undefined) problems.push({ path, message: '{id} in it needs "idHeader"' })
  return problems
}
