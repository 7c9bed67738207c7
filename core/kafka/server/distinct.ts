// Requests may name a thing as often as they have room, and each answer to it may be large: it is answered once.

/** The first of each key, in their order. */
export function distinct<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const firstByKey = new Map<string, Item>()
  for (const item of items) {
    const key = keyOf(item)
    if (!firstByKey.has(key)) firstByKey.set(key, item)
  }
  return [...firstByKey.values()]
}
