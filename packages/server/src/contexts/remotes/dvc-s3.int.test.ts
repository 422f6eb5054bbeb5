import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBucket, type TestBucket, testS3Endpoint } from '../../../test/support/s3-server.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { getSnapshot, readCollection } from '../datasets/index.js'
import { folderObject } from './dvc-hash.js'
import { importDvc } from './dvc-import.js'

const md5Of = (content: string) => createHash('md5').update(content).digest('hex')

describe.skipIf(testS3Endpoint === undefined)('a DVC remote on S3', () => {
  let suite: TestContext
  let place: TestBucket
  let root: string
  beforeAll(async () => {
    suite = await openTestContext()
    place = await openTestBucket()
    root = join(suite.folder, 'repository')
    mkdirSync(join(root, '.dvc'), { recursive: true })
    const settings = [
      `url = s3://${place.bucket}/some/prefix/`,
      `endpointurl = ${place.endpoint}`,
      'region = us-east-1',
    ]
    writeFileSync(
      join(root, '.dvc/config'),
      `[core]\n    remote = cloud\n['remote "cloud"']\n    ${settings.join('\n    ')}\n['remote "none"']\n    ${settings
        .join('\n    ')
        .replace(place.bucket, `${place.bucket}-none`)}\n`,
    )
    writeFileSync(
      join(root, '.dvc/config.local'),
      '[\'remote "cloud"\']\n    access_key_id = test\n    secret_access_key = test\n',
    )
  })
  afterAll(async () => {
    await place?.close()
    await suite?.close()
  })

  const key = (name: string) => `some/prefix/files/md5/${name.slice(0, 2)}/${name.slice(2)}`
  const put = (name: string, content: string) => place.s3.put(place.bucket, key(name), Buffer.from(content))
  const bring = (project: string, remote?: string) =>
    importDvc({ ctx: suite.ctx, input: { project, folder: root, ...(remote === undefined ? {} : { remote }) } })

  test('is read where the cache lacks content; wrong content of it is refused; nothing is left behind', async () => {
    const files = { 'a.txt': 'one', 'b/c.txt': 'two'.repeat(100_000), 'b/same.txt': 'one' }
    const list = folderObject(Object.entries(files).map(([relpath, content]) => ({ relpath, md5: md5Of(content) })))
    writeFileSync(join(root, 'data.dvc'), `outs:\n- md5: ${list.md5}.dir\n  hash: md5\n  path: data\n`)
    await expect(bring('p')).rejects.toMatchObject({ code: 'dvc_content_missing', params: { path: 'data' } })
    await put(`${list.md5}.dir`, list.text)
    await put(md5Of('one'), 'one')
    await expect(bring('p')).rejects.toMatchObject({ code: 'dvc_content_missing', params: { path: 'data/b/c.txt' } })
    await put(md5Of(files['b/c.txt']), 'three')
    await expect(bring('p')).rejects.toMatchObject({ code: 'dvc_content_corrupt', params: { path: 'data/b/c.txt' } })
    await put(md5Of(files['b/c.txt']), files['b/c.txt'])
    await expect(bring('p', 'none')).rejects.toMatchObject({
      code: 'dvc_content_missing',
      params: { remote: 'none' },
    })
    const { datasets } = await bring('p')
    const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: datasets[0]?.snapshot_id ?? '' } })
    const found = await readCollection(suite.ctx, snapshot)
    expect(found.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['a.txt', 3],
      ['b/c.txt', 300_000],
      ['b/same.txt', 3],
    ])
    expect(readdirSync(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})
