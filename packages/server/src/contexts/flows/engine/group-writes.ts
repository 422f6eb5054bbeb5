import { isDatabaseAway } from '../../../platform/index.js'

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Makes one write of many: what is asked for while a write is under way goes into the next one, with one statement and one commit. A
 * write that is refused for the sake of one item is done item by item, so that the others do not suffer.
 */
export function groupWrites<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  itemsMax = 500,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let isWriting = false

  const writeGroup = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await write(group.map(({ item }) => item))
      for (const [at, result] of results.entries()) group[at]?.resolve(result)
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) for (const { reject } of group) reject(error)
      else for (const one of group) await writeGroup([one])
    }
  }

  const writeAll = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, itemsMax)
      waiting = waiting.slice(itemsMax)
      await writeGroup(group)
    }
    isWriting = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isWriting) {
        isWriting = true
        // After the others of this turn: what is asked for together is written together.
        setImmediate(() => void writeAll())
      }
    })
}
