// What the http source says of itself. Light: the rest is loaded when a source is created or examined.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { declarePushSource } from '../../core/connector/declaration.js'
import { type AuthSettings, httpFields, type HttpSettings } from './settings.js'
import { checkVerify } from './verify/verify-settings.js'

/** What fits into an append beside what goes along. */
const mostBodyBytes = 64 * 1024 * 1024

export const httpSource = declarePushSource({
  role: 'push-source',
  type: 'http',
  summary: 'Takes records by HTTP: an answer of 2xx says that they are durable.',
  delivery: 'at-least-once',
  fields: httpFields,
  check: checkSettings,
  ingress: (settings) => ({
    path: settings.path,
    takesBelow: takesBelow(settings),
    setting: ['path'],
    isGuarded: isGuarded(settings),
    needsClientCertificates: settings.auth?.scheme === 'mutual-tls',
  }),
  examine: async (settings, context) => (await import('./examine.js')).examine(settings, context),
  load: () => import('./source.js'),
})

/** Whether every request has to show who sent it. */
export function isGuarded({ auth, verify }: HttpSettings): boolean {
  return auth !== undefined || verify !== undefined
}

/** As the protocol does, which a declaration must not load. */
function takesBelow({ protocol }: HttpSettings): boolean {
  return protocol !== 'raw'
}

function checkSettings(settings: HttpSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  if (settings.auth !== undefined) problems.push(...checkAuth(settings.auth))
  if (settings.verify !== undefined) problems.push(...checkVerify(settings.verify), ...checkReplays(settings))
  if (settings.protocol !== 'raw') problems.push(...checkRawOnly(settings))
  if (settings.maxBody > mostBodyBytes) problems.push({ path: ['maxBody'], message: 'must be at most 64MiB' })
  if (settings.idempotency.window < 1_000) {
    problems.push({ path: ['idempotency', 'window'], message: 'must be at least 1s' })
  }
  if (settings.keyFrom !== undefined && settings.keyFrom.header === undefined && settings.keyFrom.query === undefined) {
    problems.push({ path: ['keyFrom'], message: 'needs "header" or "query"' })
  }
  return problems
}

/** Other protocols say themselves what a body is and what becomes of its parts. */
function checkRawOnly({ protocol, format, splitArrays, badLines }: HttpSettings): readonly SettingProblem[] {
  const given = { format: format !== 'auto', splitArrays, badLines: badLines !== 'refuse' }
  return Object.entries(given)
    .filter(([, isGiven]) => isGiven)
    .map(([name]) => ({ path: [name], message: `does not belong to the protocol "${protocol}"` }))
}

/** A signature holds from `tolerance` before its time to `tolerance` behind it: so long what was taken is remembered. */
function checkReplays({ verify, idempotency }: HttpSettings): readonly SettingProblem[] {
  if (verify === undefined || idempotency.window >= 2 * verify.tolerance) return []
  return [{ path: ['idempotency', 'window'], message: 'must be at least twice "verify.tolerance"' }]
}

/** Which settings each scheme needs; the others belong to another one. */
const settingsOfScheme: Readonly<Record<AuthSettings['scheme'], readonly (keyof AuthSettings)[]>> = {
  bearer: ['tokens'],
  basic: ['user', 'password'],
  'mutual-tls': [],
}

function checkAuth(auth: AuthSettings): readonly SettingProblem[] {
  const needed = settingsOfScheme[auth.scheme]
  const problems: SettingProblem[] = []
  for (const name of ['tokens', 'user', 'password'] as const) {
    const isGiven = auth[name] !== undefined
    if (isGiven === needed.includes(name)) continue
    const message = isGiven ? `does not belong to "${auth.scheme}"` : `the scheme "${auth.scheme}" needs "${name}"`
    problems.push({ path: isGiven ? ['auth', name] : ['auth'], message })
  }
  if (auth.names.length > 0 && auth.scheme !== 'mutual-tls') {
    problems.push({ path: ['auth', 'names'], message: `does not belong to "${auth.scheme}"` })
  }
  return problems
}
