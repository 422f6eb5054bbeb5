import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBucket, type TestBucket, testS3Endpoint } from '../../../test/support/s3-server.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { addFiles, checkoutFiles, getSnapshot } from '../datasets/index.js'
import { pullSnapshots, pushSnapshots, putRemote } from './index.js'

describe.skipIf(testS3Endpoint === undefined)('a remote on an S3 server', () => {
  let here: TestContext
  let there: TestContext
  let place: TestBucket
  beforeAll(async () => {
    here = await openTestContext()
    there = await openTestContext()
    place = await openTestBucket()
    for (const { ctx } of [here, there]) {
      const url = `s3://${place.bucket}/team/data`
      await putRemote({ ctx, input: { remote: 'origin', url, endpoint: place.endpoint, is_default: true } })
    }
  })
  afterAll(async () => {
    await place?.close()
    await here?.close()
    await there?.close()
  })

  const add = async (suite: TestContext, path: string) =>
    (await addFiles({ ctx: suite.ctx, input: { project: 'p', dataset: 'd', path, location: path } })).snapshot

  test('gives the same files elsewhere, large ones in parts', async () => {
    const folder = await mkdtemp(join(here.folder, 'data-'))
    await mkdir(join(folder, 'many'))
    for (let at = 0; at < 500; at += 1) await writeFile(join(folder, 'many', `${at}.txt`), `content ${at}`)
    await writeFile(join(folder, 'large.bin'), randomBytes(20 * 1024 * 1024))
    const snapshot = await add(here, folder)
    const input = { remote: 'default' }
    expect(await pushSnapshots({ ctx: here.ctx, input })).toMatchObject({ snapshots: 1, blobs: 3, skipped: 0 })
    expect(await pushSnapshots({ ctx: here.ctx, input })).toMatchObject({ snapshots: 0, blobs: 0, skipped: 3 })
    expect(await pullSnapshots({ ctx: there.ctx, input })).toMatchObject({ snapshots: 1, blobs: 3 })
    expect(await getSnapshot({ ctx: there.ctx, input: { snapshot: snapshot.id } })).toEqual(snapshot)
    const target = join(there.folder, 'out')
    await checkoutFiles({ ctx: there.ctx, input: { snapshot: snapshot.id, folder: target } })
    expect((await add(there, target)).content_hash).toBe(snapshot.content_hash)
  })

  test('refuses a content that was changed there', async () => {
    const folder = await mkdtemp(join(here.folder, 'data-'))
    await writeFile(join(folder, 'file.bin'), randomBytes(300_000))
    const snapshot = await add(here, folder)
    await pushSnapshots({ ctx: here.ctx, input: { remote: 'origin' } })
    for await (const { key, bytes } of place.s3.list(place.bucket, 'team/data/blobs/')) {
      if (bytes === 300_000) await place.s3.put(place.bucket, key, randomBytes(300_000))
    }
    const input = { remote: 'origin', project: 'p', dataset: 'd', refs: [snapshot.id] }
    await expect(pullSnapshots({ ctx: there.ctx, input })).rejects.toMatchObject({ code: 'remote_content_wrong' })
  })

  test('says that there is no such bucket', async () => {
    const url = 's3://no-such-bucket-here'
    await putRemote({ ctx: here.ctx, input: { remote: 'none', url, endpoint: place.endpoint } })
    await expect(pushSnapshots({ ctx: here.ctx, input: { remote: 'none' } })).rejects.toMatchObject({
      code: 'remote_unavailable',
    })
  })
})
