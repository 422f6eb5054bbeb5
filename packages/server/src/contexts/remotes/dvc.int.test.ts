import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { getSnapshot, listSnapshots, openFile, readCollection } from '../datasets/index.js'
import { getLineage } from '../lineage/index.js'
import { exportDvc } from './dvc-export.js'
import { folderObject } from './dvc-hash.js'
import { importDvc } from './dvc-import.js'

let suite: TestContext
let root: string
let count = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())
beforeEach(() => {
  count += 1
  root = join(suite.folder, `repository-${count}`)
  write('.dvc/config', '')
})

const md5Of = (content: string) => createHash('md5').update(content).digest('hex')

function write(path: string, content: string): void {
  const full = join(root, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, content)
}

/** Puts a content into the cache of DVC 3; gives its hash. */
function cache(content: string, base = '.dvc/cache'): string {
  const md5 = md5Of(content)
  write(`${base}/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`, content)
  return md5
}

/** Tracks a folder; `files` are contents by path. */
function track(path: string, files: Readonly<Record<string, string>>, base?: string): string {
  const entries = Object.entries(files).map(([relpath, content]) => ({ relpath, md5: cache(content, base) }))
  const { text, md5 } = folderObject(entries)
  write(`${base ?? '.dvc/cache'}/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}.dir`, text)
  const name = path.slice(path.lastIndexOf('/') + 1)
  write(`${path}.dvc`, `outs:\n- md5: ${md5}.dir\n  nfiles: ${entries.length}\n  hash: md5\n  path: ${name}\n`)
  return md5
}

function trackFile(path: string, content: string, more = ''): void {
  const name = path.slice(path.lastIndexOf('/') + 1)
  write(`${path}.dvc`, `outs:\n- md5: ${cache(content)}\n  hash: md5\n  path: ${name}\n${more}`)
}

let project = ''
const bring = (more: { remote?: string; targets?: string[]; into?: string } = {}) => {
  const { into, ...input } = more
  project = into ?? `p${count}`
  return importDvc({ ctx: suite.ctx, input: { project, folder: root, ...input } })
}

const contentsOf = async (id: string) => {
  const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: id } })
  const contents: Record<string, string> = {}
  for (const { path } of await readCollection(suite.ctx, snapshot)) {
    const { content } = await openFile(suite.ctx, snapshot, path)
    contents[path] = Buffer.concat(await content.toArray()).toString()
  }
  return contents
}

const snapshotsOf = async (dataset: string) =>
  (await listSnapshots({ ctx: suite.ctx, input: { project, dataset, limit: 100 } })).items

describe('importDvc', () => {
  test('every output becomes a data set; again nothing changes; a new state is a new snapshot', async () => {
    track('data', { 'a.csv': 'a\n1\n', 'sub/é.txt': 'x', empty: '' })
    trackFile('models/raw.csv', 'r\n', '')
    const first = await bring()
    expect(first.skipped).toEqual([])
    expect(first.datasets).toMatchObject([
      { path: 'data', dataset: 'data', state: 'created' },
      { path: 'models/raw.csv', dataset: 'models-raw', state: 'created' },
    ])
    expect(await contentsOf(first.datasets[0]?.snapshot_id ?? '')).toEqual({
      'a.csv': 'a\n1\n',
      'sub/é.txt': 'x',
      empty: '',
    })
    expect(await contentsOf(first.datasets[1]?.snapshot_id ?? '')).toEqual({ 'raw.csv': 'r\n' })
    // Not even the cache is looked at.
    rmSync(join(root, '.dvc/cache'), { recursive: true })
    const again = await bring()
    expect(again.datasets.map(({ state }) => state)).toEqual(['unchanged', 'unchanged'])
    expect(again.datasets.map(({ snapshot_id }) => snapshot_id)).toEqual(
      first.datasets.map(({ snapshot_id }) => snapshot_id),
    )
    track('data', { 'a.csv': 'a\n2\n' })
    const changed = await bring()
    expect(changed.datasets[0]).toMatchObject({ dataset: 'data', state: 'created' })
    expect(await snapshotsOf('data')).toHaveLength(2)
    const graph = await getLineage({
      ctx: suite.ctx,
      input: { kind: 'snapshot', id: changed.datasets[0]?.snapshot_id ?? '', direction: 'up' },
    })
    expect(graph.nodes.map(({ kind }) => kind)).toContain('source')
  })

  test('two paths of one name, and another repository, get names of their own that stay', async () => {
    track('data', { a: '1' })
    trackFile('data.csv', '2')
    expect((await bring()).datasets.map(({ dataset }) => dataset)).toEqual(['data', 'data-2'])
    const before = project
    root = join(suite.folder, `repository-other-${count}`)
    write('.dvc/config', '')
    track('data', { b: '3' })
    expect((await bring({ into: before })).datasets.map(({ dataset }) => dataset)).toEqual(['data-3'])
    expect((await bring({ into: before })).datasets.map(({ dataset }) => dataset)).toEqual(['data-3'])
  })

  test('outputs of stages come from dvc.lock, without those that DVC does not cache or track any more', async () => {
    const out = cache('made')
    const metrics = md5Of('{}')
    write(
      'steps/dvc.yaml',
      'stages:\n  make:\n    wdir: deep\n    cmd: x\n    outs: [out.txt]\n    metrics:\n    - m.json:\n        cache: false\n',
    )
    write(
      'steps/dvc.lock',
      `schema: '2.0'\nstages:\n  make:\n    cmd: x\n    outs:\n    - path: m.json\n      hash: md5\n      md5: ${metrics}\n    - path: out.txt\n      hash: md5\n      md5: ${out}\n  gone:\n    cmd: x\n    outs:\n    - path: old.txt\n      md5: ${metrics}\n`,
    )
    const { datasets } = await bring()
    expect(datasets).toMatchObject([{ path: 'steps/deep/out.txt', dataset: 'steps-deep-out' }])
    expect(await contentsOf(datasets[0]?.snapshot_id ?? '')).toEqual({ 'out.txt': 'made' })
  })

  test('a cache of older versions is read by its rule: texts by their hash with LF', async () => {
    const crlf = 'a\r\nb\r\n'
    const md5 = md5Of('a\nb\n')
    write(`.dvc/cache/${md5.slice(0, 2)}/${md5.slice(2)}`, crlf)
    write('old.txt.dvc', `md5: 0\nouts:\n- md5: ${md5}\n  size: 6\n  path: old.txt\n`)
    const { datasets } = await bring()
    expect(await contentsOf(datasets[0]?.snapshot_id ?? '')).toEqual({ 'old.txt': crlf })
  })

  test('what the cache lacks comes from the repository itself, or from a remote in a folder', async () => {
    track('data', { 'a.txt': 'one', 'b.txt': 'two' })
    rmSync(join(root, '.dvc/cache'), { recursive: true })
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_content_missing', params: { remote: '-' } })
    write(
      '.dvc/config',
      '[core]\n    remote = store\n[\'remote "store"\']\n    url = ../../remote-here\n[\'remote "empty"\']\n    url = /nowhere\n',
    )
    track('data', { 'a.txt': 'one', 'b.txt': 'two' }, '../remote-here')
    const missing = `../remote-here/files/md5/${md5Of('two').slice(0, 2)}/${md5Of('two').slice(2)}`
    rmSync(join(root, missing))
    await expect(bring()).rejects.toMatchObject({
      code: 'dvc_content_missing',
      params: { path: 'data/b.txt', file: 'data.dvc', remote: 'store' },
    })
    expect(await snapshotsOf('data')).toEqual([])
    await expect(bring({ remote: 'empty' })).rejects.toMatchObject({ code: 'dvc_content_missing' })
    await expect(bring({ remote: 'unknown' })).rejects.toMatchObject({ code: 'dvc_remote_invalid' })
    write('data/b.txt', 'two')
    const { datasets } = await bring()
    expect(await contentsOf(datasets[0]?.snapshot_id ?? '')).toEqual({ 'a.txt': 'one', 'b.txt': 'two' })
    rmSync(join(root, '../remote-here'), { recursive: true })
  })

  test('content with another hash is refused by name, and nothing of any output is imported', async () => {
    trackFile('first.txt', 'fine')
    track('second', { ok: 'fine', bad: 'right' })
    const md5 = md5Of('right')
    write(`.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`, 'wrong')
    await expect(bring()).rejects.toMatchObject({
      code: 'dvc_content_corrupt',
      params: { path: 'second/bad', md5, found: md5Of('wrong') },
    })
    expect(await snapshotsOf('first')).toEqual([])
    const { datasets } = await bring({ targets: ['first.txt.dvc'] })
    expect(datasets).toMatchObject([{ dataset: 'first', state: 'created' }])
  })

  test('a list of a folder with another hash is refused', async () => {
    const md5 = track('data', { a: '1' })
    write(`.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}.dir`, '[]')
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_content_corrupt', params: { path: 'data' } })
  })

  test('an empty folder is told, since a snapshot has files', async () => {
    write(
      'nothing.dvc',
      'outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  nfiles: 0\n  hash: md5\n  path: nothing\n',
    )
    expect(await bring()).toEqual({ datasets: [], skipped: [{ path: 'nothing', reason: 'empty_folder' }] })
  })

  test('targets choose: outputs, folders, files and stages; one that is nothing is told', async () => {
    trackFile('a/one.txt', '1')
    trackFile('b/two.txt', '2')
    write('broken.dvc', 'outs: {')
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_file_invalid', params: { file: 'broken.dvc' } })
    expect((await bring({ targets: ['a'] })).datasets.map(({ path }) => path)).toEqual(['a/one.txt'])
    expect((await bring({ targets: ['./b/two.txt'] })).datasets.map(({ path }) => path)).toEqual(['b/two.txt'])
    await expect(bring({ targets: ['c'] })).rejects.toMatchObject({
      code: 'dvc_target_not_found',
      params: { target: 'c' },
    })
    await expect(bring({ targets: ['broken.dvc'] })).rejects.toMatchObject({ code: 'dvc_file_invalid' })
  })

  test('a folder without .dvc is no repository', async () => {
    rmSync(join(root, '.dvc'), { recursive: true })
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_repository_not_found' })
    root = 'relative'
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_folder_invalid' })
  })
})

describe('hostile files', () => {
  const hash = 'md5: 0123456789abcdef0123456789abcdef\n  hash: md5'
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, at) => {
      const before = 'abcdefgh'[at]
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`
    }),
  ].join('\n')

  test.each([
    ['a path out of the repository', `outs:\n- ${hash}\n  path: ../../etc/passwd\n`, /leads out/],
    ['an absolute path', `outs:\n- ${hash}\n  path: /etc/passwd\n`, /not a path in the repository/],
    ['a working folder outside', `wdir: ../..\nouts:\n- ${hash}\n  path: x\n`, /leads out/],
    ['the folder of git', `outs:\n- ${hash}\n  path: .git/config\n`, /folder of DVC or git/],
    ['a backslash', `outs:\n- ${hash}\n  path: 'a\\..\\b'\n`, /leads out/],
    ['an address', `outs:\n- ${hash}\n  path: s3://bucket/x\n`, /outside of the repository/],
    ['a hash that is none', 'outs:\n- md5: ../../x\n  hash: md5\n  path: x\n', /is not an MD5/],
    ['a hash of another kind', 'outs:\n- etag: x\n  hash: etag\n  path: x\n', /only md5/],
    ['no list', 'outs: 5\n', /outs/],
    ['a bomb of aliases', `${bomb}\nouts: *i\n`, /alias/i],
    ['no end of brackets', `outs: ${'['.repeat(200_000)}`, /./],
    ['two values for a key', `outs: []\nouts: []\n`, /unique/i],
    ['versions of a cloud', 'outs:\n- path: x\n  files: [{relpath: a}]\n', /versioned by its cloud/],
  ])('%s is refused', async (_, text, reason) => {
    write('bad.dvc', text)
    const error = await bring().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'dvc_file_invalid', params: { file: 'bad.dvc' } })
    expect(String((error as { params: { reason: string } }).params.reason)).toMatch(reason)
  })

  test.each([
    ['leads out', [{ md5: md5Of('x'), relpath: '../x' }]],
    ['is absolute', [{ md5: md5Of('x'), relpath: '/x' }]],
    [
      'stands there twice',
      [
        { md5: md5Of('x'), relpath: 'x' },
        { md5: md5Of('x'), relpath: 'x' },
      ],
    ],
  ])('a list of a folder in which a path %s is refused', async (_, entries) => {
    cache('x')
    const { text, md5 } = folderObject(entries)
    write(`.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}.dir`, text)
    write('data.dvc', `outs:\n- md5: ${md5}.dir\n  hash: md5\n  path: data\n`)
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_file_invalid', params: { file: `${md5}.dir` } })
  })

  test('a link does not lead out of the repository', async () => {
    writeFileSync(join(suite.folder, 'secret'), 'secret')
    const md5 = md5Of('secret')
    symlinkSync(join(suite.folder, 'secret'), join(root, 'data.txt'))
    write('data.txt.dvc', `outs:\n- md5: ${md5}\n  hash: md5\n  path: data.txt\n`)
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_content_missing' })
    mkdirSync(join(root, `.dvc/cache/files/md5/${md5.slice(0, 2)}`), { recursive: true })
    symlinkSync(join(suite.folder, 'secret'), join(root, `.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`))
    await expect(bring()).rejects.toMatchObject({ code: 'dvc_content_missing' })
    symlinkSync(join(suite.folder, 'secret'), join(root, 'link.dvc'))
    rmSync(join(root, 'data.txt.dvc'))
    expect(await bring()).toEqual({ datasets: [], skipped: [] })
  })
})

describe('exportDvc', () => {
  const give = (folder: string, more: { datasets?: string[]; refs?: string[]; checkout?: boolean } = {}) =>
    exportDvc({ ctx: suite.ctx, input: { project, folder, ...more } })

  test('what was imported comes out byte for byte, also a second time', async () => {
    const list = track('in/data', { 'a.csv': 'a\n1\n', 'sub/é.txt': 'x', empty: '' })
    trackFile('raw.csv', 'r\n')
    await bring()
    const folder = join(suite.folder, `export-${count}`)
    const first = await give(folder, { checkout: true })
    expect(first).toMatchObject({ objects: 4, is_checked_out: true })
    for (const file of ['in/data.dvc', 'raw.csv.dvc']) {
      const before = readFileSync(join(root, file), 'utf8')
      const parts = (text: string) => /md5: (\S+)[\s\S]*path: (\S+)/.exec(text)?.slice(1)
      expect(parts(readFileSync(join(folder, file), 'utf8'))).toEqual(parts(before))
    }
    const object = `.dvc/cache/files/md5/${list.slice(0, 2)}/${list.slice(2)}.dir`
    expect(readFileSync(join(folder, object))).toEqual(readFileSync(join(root, object)))
    expect(readFileSync(join(folder, 'in/data/sub/é.txt'), 'utf8')).toBe('x')
    expect(readFileSync(join(folder, 'in/.gitignore'), 'utf8')).toBe('/data\n')
    expect(readFileSync(join(folder, '.dvc/config'), 'utf8')).toContain('no_scm')
    const again = await give(folder, { checkout: true })
    expect(again).toEqual({ ...first, objects: 0 })
    // Our own export is a repository that can be adopted.
    root = folder
    const back = await bring({ into: `back${count}` })
    expect(back.datasets).toMatchObject([
      { path: 'in/data', dataset: 'in-data', state: 'created' },
      { path: 'raw.csv', dataset: 'raw', state: 'created' },
    ])
  })

  test('data that is there and is other data is not written over', async () => {
    trackFile('raw.csv', 'r\n')
    await bring()
    const folder = join(suite.folder, `export-${count}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'raw.csv'), 'precious')
    await expect(give(folder, { checkout: true })).rejects.toMatchObject({ code: 'dvc_path_taken' })
    expect(readFileSync(join(folder, 'raw.csv'), 'utf8')).toBe('precious')
    expect(existsSync(join(folder, 'raw.csv.dvc'))).toBe(false)
    await give(folder)
    expect(existsSync(join(folder, 'raw.csv.dvc'))).toBe(true)
  })

  test('an output of a stage, or of another file, is not taken', async () => {
    track('data', { a: '1' })
    await bring()
    const folder = join(suite.folder, `export-${count}`)
    mkdirSync(join(folder), { recursive: true })
    writeFileSync(join(folder, 'dvc.yaml'), 'stages:\n  make:\n    cmd: x\n    outs: [data/deep]\n')
    writeFileSync(
      join(folder, 'dvc.lock'),
      `schema: '2.0'\nstages:\n  make:\n    cmd: x\n    outs:\n    - path: data/deep\n      hash: md5\n      md5: ${md5Of('x')}\n`,
    )
    await expect(give(folder)).rejects.toMatchObject({ code: 'dvc_path_taken', params: { path: 'data' } })
    expect(existsSync(join(folder, 'data.dvc'))).toBe(false)
  })

  test('a .dvc file that says the same keeps what else it says; one of several outputs is not taken', async () => {
    track('data', { a: '1' })
    write('data.dvc', `${readFileSync(join(root, 'data.dvc'), 'utf8')}desc: mine\n`)
    await bring()
    await give(root)
    expect(readFileSync(join(root, 'data.dvc'), 'utf8')).toContain('desc: mine')
    expect(readFileSync(join(root, '.dvc/config'), 'utf8')).toBe('')
    write(
      'data.dvc',
      `${readFileSync(join(root, 'data.dvc'), 'utf8')}wdir: .\n`.replace(
        'outs:',
        `outs:\n- md5: ${cache('x')}\n  path: x`,
      ),
    )
    await expect(give(root)).rejects.toMatchObject({ code: 'dvc_path_taken', params: { reason: 'data.dvc tracks x' } })
  })

  test('a data set or a ref that is not there is told', async () => {
    track('data', { a: '1' })
    await bring()
    const folder = join(suite.folder, `export-${count}`)
    await expect(give(folder, { datasets: ['other'] })).rejects.toMatchObject({ code: 'snapshot_ref_not_found' })
    await expect(give(folder, { datasets: ['data'], refs: ['a', 'b'] })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    await expect(give('relative')).rejects.toMatchObject({ code: 'dvc_folder_invalid' })
  })
})
