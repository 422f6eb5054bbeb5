/** Does something with each item, so many at a time; the first failure ends it, once what has begun is over. */
export async function forEachAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  action: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  let failed = false
  const work = async () => {
    while (next < items.length && !failed) {
      const item = items[next++]
      if (item === undefined) continue
      try {
        await action(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

/** The results of all; a failure is thrown once every one is over. */
export async function allOver<Begun extends readonly unknown[] | []>(
  begun: Begun,
): Promise<{ -readonly [At in keyof Begun]: Awaited<Begun[At]> }> {
  await Promise.allSettled(begun)
  return Promise.all(begun)
}
