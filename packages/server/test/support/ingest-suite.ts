import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Json, ProjectDefinition } from '@fabrique/contract'
import { ingest, previewSnapshot } from '../../src/contexts/datasets/index.js'
import { applyProject } from '../../src/contexts/projects/index.js'
import { openTestContext, type TestContext } from './test-context.js'

/** A test context whose projects have one data set, `data`, that is taken from files. */
export interface IngestSuite extends TestContext {
  /** A project of its own with one data set `data` and these files in its folder. */
  projectOf(source: object, dataset?: object, files?: Readonly<Record<string, string | Uint8Array>>): Promise<string>
  /** A project whose data set is the file `data.csv` of the given content. */
  projectWith(content: string | Uint8Array, declared?: object): Promise<string>
  /** Each a second after the one before. */
  take(project: string): ReturnType<typeof ingest>
  rowsOf(snapshot: string): Promise<readonly (readonly Json[])[]>
  blobCount(): Promise<number>
  /** The engine packs a column of lines, which come out as they were. */
  zstdOf(text: string): Promise<Buffer>
}

export const columns = {
  id: { type: 'integer' },
  size: { type: 'number' },
  kind: { type: 'category', values: ['a', 'b'] },
  day: { type: 'date', nullable: true },
} as const

export const good = 'id,size,kind,day\n1,0.5,a,2026-01-01\n2,1.5,b,\n'
export const goodLines =
  '{"id": 1, "size": 0.5, "kind": "a", "day": "2026-01-01"}\n{"id": 2, "size": 1.5, "kind": "b", "day": null}\n'

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openIngestSuite(): Promise<IngestSuite> {
  const suite = await openTestContext()
  const { ctx } = suite
  let projects = 0
  const projectOf: IngestSuite['projectOf'] = async (source, dataset = {}, files = {}) => {
    projects += 1
    const name = `p${projects}`
    const folder = join(suite.folder, name)
    await mkdir(folder)
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    }
    const definition = ProjectDefinition.parse({ name, datasets: [{ name: 'data', source, ...dataset }], models: [] })
    await applyProject({ ctx, input: { folder, definition } })
    return name
  }
  return {
    ...suite,
    projectOf,
    projectWith: (content, declared = columns) =>
      projectOf({ kind: 'csv', paths: ['data.csv'] }, { columns: declared }, { 'data.csv': content }),
    take: (project) => {
      suite.clock.advance(1000)
      return ingest({ ctx, input: { project, dataset: 'data' } })
    },
    async rowsOf(snapshot) {
      const { rows } = await previewSnapshot({ ctx, input: { snapshot, limit: 100 } })
      return rows
    },
    async blobCount() {
      let count = 0
      for await (const hash of ctx.blobs.list()) count += hash.length / 64
      return count
    },
    async zstdOf(text) {
      const path = join(suite.folder, 'packed.zst')
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => `('${line}')`)
        .join(', ')
      await ctx.data.use((connection) =>
        connection.run(
          `copy (select * from (values ${lines}) t (l)) to '${path}' (format csv, header false, quote '', escape '', delimiter '\t', compression zstd)`,
        ),
      )
      return readFile(path)
    },
  }
}
