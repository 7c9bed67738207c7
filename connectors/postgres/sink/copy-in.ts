// COPY … FROM STDIN: blocks of lines on their way into a table.

import { from } from 'pg-copy-streams'
import type { Session } from '../wire/connect.js'
import { sqlError } from '../wire/sql-errors.js'

/** Large enough that a message costs nothing beside its bytes, small enough for the socket to take turns. */
const messageBytes = 128 * 1024

/** Resolves when the server has taken all lines. The buffer stays as it is until then. Errors: see `sqlError`. */
export function copyIn(session: Session, target: string, lines: Buffer): Promise<void> {
  const statement = `COPY ${target} FROM STDIN`
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(session.failed.reason as Error)
    if (session.failed.aborted) return lost()
    const stream = session.client.query(from(statement))
    session.failed.addEventListener('abort', lost)
    const letGo = (): void => session.failed.removeEventListener('abort', lost)
    stream.once('error', (error) => {
      letGo()
      reject(session.failed.aborted ? (session.failed.reason as Error) : sqlError(error, `the statement ${statement}`))
    })
    stream.once('finish', () => {
      letGo()
      resolve()
    })
    for (let at = 0; at < lines.length; at += messageBytes) stream.write(lines.subarray(at, at + messageBytes))
    stream.end()
  })
}
