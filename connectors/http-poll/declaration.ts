// What a source of type `http-poll` says of itself. Light: its client is loaded when it is run.

import { type ChangeEffect, declareSource } from '../../core/connector/declaration.js'
import { checkHttpPoll } from './check-settings.js'
import { httpPollFields, type HttpPollSettings } from './settings.js'

export const httpPollSource = declareSource({
  role: 'source',
  type: 'http-poll',
  summary:
    'Asks an HTTP server again and again, page by page, and makes records of what is new; each page goes into the log exactly once.',
  delivery: 'exactly-once',
  fields: httpPollFields,
  check: (settings) => checkHttpPoll(settings),
  effects: changeEffects,
  examine: async (settings, context) => (await import('./examine.js')).examineHttpPoll(settings, context),
  load: () => import('./source.js'),
})

/** What makes another page of the one that is due. */
const meaningful = ['url', 'method', 'query', 'body', 'format', 'records', 'pagination'] as const

function changeEffects(previous: HttpPollSettings, next: HttpPollSettings): readonly ChangeEffect[] {
  const hasChanged = (name: keyof HttpPollSettings): boolean =>
    JSON.stringify(previous[name]) !== JSON.stringify(next[name])
  const effects: ChangeEffect[] = []
  for (const setting of meaningful.filter(hasChanged)) {
    const begins = 'a round that is under way begins again, and its records come again'
    const cursor = next.cursor === undefined ? '' : '; the value of the cursor stays, whatever server it is from'
    effects.push({ setting, effect: begins + cursor, dangerous: true })
  }
  if (cursorOf(previous) !== cursorOf(next)) {
    effects.push({ setting: 'cursor', effect: cursorEffect(previous, next), dangerous: true })
  }
  if (hasChanged('id') && (next.cursor !== undefined || next.pagination?.keep === true)) {
    const effect = 'records at the value of the cursor, or of the last page, are not known again and come once more'
    effects.push({ setting: 'id', effect, dangerous: true })
  }
  return effects
}

function cursorOf({ cursor }: HttpPollSettings): string {
  return cursor === undefined ? '' : `${cursor.type}:${cursor.path}`
}

function cursorEffect(previous: HttpPollSettings, next: HttpPollSettings): string {
  if (next.cursor === undefined) return 'every round brings all that the server gives'
  if (previous.cursor === undefined) return 'the first round brings all that the server gives, from "initial" on'
  return 'the value that is remembered belongs to the old cursor: the source stops until it has another name'
}
