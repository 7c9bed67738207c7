// kafkajs lets a rejection go unheard when a connection is reset while nobody waits for it any more, as happens when the
// process behind it is killed. Such a loss is what these programs are for: it must not end them.

import kafkajs from 'kafkajs'

/** From now on losses that kafkajs itself would try again are passed over; anything else ends the process as before. */
export function outliveConnectionLosses(): void {
  process.on('unhandledRejection', (error) => {
    if (error instanceof kafkajs.KafkaJSError && error.retriable) return
    throw error
  })
}
