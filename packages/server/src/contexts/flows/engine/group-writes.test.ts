import { FabriqueError } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { groupWrites } from './group-writes.js'

test('what is asked for while a write is under way shares the next one, in order', async () => {
  const groups: (readonly number[])[] = []
  let end = () => {}
  const write = groupWrites(async (items: readonly number[]) => {
    groups.push(items)
    if (groups.length === 1) {
      await new Promise<void>((resolve) => {
        end = resolve
      })
    }
    return items.map((item) => item * 10)
  }, 3)
  const first = [write(1), write(2)]
  await expect.poll(() => groups).toEqual([[1, 2]])
  const others = [3, 4, 5, 6].map(write)
  end()
  expect(await Promise.all([...first, ...others])).toEqual([10, 20, 30, 40, 50, 60])
  expect(groups).toEqual([[1, 2], [3, 4, 5], [6]])
})

test('an item that is refused does not take the others with it', async () => {
  const write = groupWrites(async (items: readonly number[]) => {
    if (items.includes(2)) throw new Error('two is refused')
    return items
  })
  const results = await Promise.allSettled([1, 2, 3].map(write))
  expect(results).toMatchObject([{ value: 1 }, { reason: { message: 'two is refused' } }, { value: 3 }])
})

test('a database that is away is told to all at once', async () => {
  let writes = 0
  const write = groupWrites(async () => {
    writes += 1
    throw new FabriqueError('database_unavailable', { reason: 'away' })
  })
  const results = await Promise.allSettled([1, 2, 3].map(write))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(writes).toBe(1)
})
