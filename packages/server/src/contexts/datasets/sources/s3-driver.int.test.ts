import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBucket, type TestBucket, testS3Endpoint } from '../../../../test/support/s3-server.js'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { s3Driver } from './s3-driver.js'

const csv = { format: 'csv', dialect: { header: true } } as const

describe.skipIf(testS3Endpoint === undefined)('a source of S3 objects', () => {
  let context: TestContext
  let place: TestBucket
  beforeAll(async () => {
    context = await openTestContext()
    place = await openTestBucket()
    for (const key of ['usage/2024-01.csv', 'usage/2024-02.csv', 'usage/old/2023.csv', 'usage/note.txt', 'usage/']) {
      await place.s3.put(place.bucket, key, Buffer.from(key.endsWith('/') ? '' : `a\n${key}\n`))
    }
  })
  afterAll(async () => {
    await place?.close()
    await context?.close()
  })

  const list = (pattern: string) =>
    s3Driver.list(
      { kind: 's3', uri: `s3://${place.bucket}/${pattern}`, content: csv, endpoint: place.endpoint },
      testSourceScope(context),
    )

  test('lists what the pattern names and fetches it', async () => {
    const { items, mode } = await list('usage/*.csv')
    expect(mode).toBe('whole')
    expect(items.map(({ name }) => name)).toEqual([
      `s3://${place.bucket}/usage/2024-01.csv`,
      `s3://${place.bucket}/usage/2024-02.csv`,
    ])
    for (const item of items) {
      const told: number[] = []
      const file = await item.open((bytes) => told.push(bytes))
      expect(await readFile(file.path, 'utf8')).toContain('a\nusage/2024-')
      expect([file.path.endsWith('.csv'), told.at(-1)]).toEqual([true, item.bytes])
      await file.release()
    }
    expect((await list('usage/**/*.csv')).items).toHaveLength(3)
    expect((await list('usage/')).items).toHaveLength(4)
    expect((await list('usage/old/2023.csv')).items).toHaveLength(1)
    expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('the mark stays while the object does, and changes with it', async () => {
    const before = (await list('usage/old/2023.csv')).items[0]
    expect((await list('usage/**/2023.csv')).items[0]?.mark).toBe(before?.mark)
    await place.s3.put(place.bucket, 'usage/old/2023.csv', Buffer.from('a\nusage/old/2023.CSV\n'))
    const after = (await list('usage/old/2023.csv')).items[0]
    expect(after?.mark).not.toBe(before?.mark)
    await expect(before?.open(() => {})).rejects.toMatchObject({ code: 's3_changed' })
  })

  test('what is not there is told as such', async () => {
    const missing = { code: 'source_not_found' }
    await expect(list('nothing/*.csv')).rejects.toMatchObject(missing)
    await expect(list('nothing.csv')).rejects.toMatchObject(missing)
    const uri = 's3://no-such-bucket-of-ours/**'
    const source = { kind: 's3', uri, content: csv, endpoint: place.endpoint } as const
    await expect(s3Driver.list(source, testSourceScope(context))).rejects.toMatchObject({
      ...missing,
      params: { path: uri, dataset: 'usage' },
    })
  })
})
