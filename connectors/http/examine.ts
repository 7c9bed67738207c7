// What `doctor` and `validate --connect` say of an http source. Changes nothing.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { isGuarded } from './declaration.js'
import { IdempotencyWindow } from './idempotency-window.js'
import type { HttpSettings } from './settings.js'

/** Beyond this part of the window requests with a key may soon be refused. */
const crowdedPart = 0.9

export async function examine(settings: HttpSettings, { state }: ConnectorContext): Promise<readonly Finding[]> {
  const { window: windowMs, maxKeys } = settings.idempotency
  const keys = new IdempotencyWindow({ windowMs, maxKeys })
  keys.load(state)
  const who = isGuarded(settings) ? 'callers have to show who they are' : 'anybody who reaches the listener may send'
  const message = `takes requests for ${settings.path}; ${who}; ${keys.keyCount} of ${maxKeys} keys are remembered`
  if (keys.keyCount < maxKeys * crowdedPart) return [{ level: 'good', message }]
  const hint = 'Requests with a key are refused when there is no room: raise idempotency.maxKeys, or lower its window.'
  return [{ level: 'warning', message, hint }]
}
