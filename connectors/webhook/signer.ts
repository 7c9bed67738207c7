// The signer that the settings of `sign` ask for.

import { present } from '../../core/errors/invariant.js'
import {
  githubSigner,
  hmacSigner,
  type RequestSigner,
  standardWebhooksSigner,
  stripeSigner,
} from '../../core/signature/request-signer.js'
import type { SignSettings } from './sign-settings.js'

type MakeSigner = (settings: SignSettings, secrets: readonly string[]) => RequestSigner

const signers: Readonly<Record<SignSettings['scheme'], MakeSigner>> = {
  'standard-webhooks': (_settings, secrets) => standardWebhooksSigner(secrets),
  github: ({ secret }) => githubSigner(secret.reveal()),
  stripe: (_settings, secrets) => stripeSigner(secrets),
  hmac: (
    { algorithm = 'sha256', encoding = 'hex', header, prefix = '', signed = '{body}', timestampHeader },
    secrets,
  ) => {
    const scheme = {
      hash: { algorithm, encoding },
      header: present(header, 'the header of signatures, which the check of the settings asks for'),
      prefix,
      signed,
      timestampHeader,
    }
    return hmacSigner(scheme, secrets)
  },
}

/** Undefined when nothing is signed. Errors: signature_secret_unusable. */
export function signerOf(sign: SignSettings | undefined): RequestSigner | undefined {
  if (sign === undefined) return undefined
  const secrets = [sign.secret, sign.previousSecret].flatMap((one) => (one === undefined ? [] : [one.reveal()]))
  return signers[sign.scheme](sign, secrets)
}
