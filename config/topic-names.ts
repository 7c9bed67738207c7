// What a topic may be called: Kafka's rules, and no name of the product's own topics. A test holds this equal to
// core/engine/topic-rules.ts, which refuses the same names when a topic is made.

const internalPrefix = '__tailrace_'

/** What is wrong with the name; undefined when nothing is. */
export function topicNameProblem(name: string): string | undefined {
  const follows = /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
  if (!follows) return 'not a valid topic name: use 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor ".."'
  if (name.startsWith(internalPrefix)) return `topics that begin with "${internalPrefix}" belong to tailrace itself`
  return undefined
}
