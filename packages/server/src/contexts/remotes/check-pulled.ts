import { FabriqueError, type Remote } from '@fabrique/contract'
import { rowsOf, sqlText, type VerbContext } from '../../platform/index.js'
import {
  type CollectionFile,
  type CollectionForm,
  collectionHash,
  comparePaths,
  contentHashOf,
  formOfColumns,
  packedIn,
  pathFault,
} from '../datasets/index.js'
import type { Manifest } from './manifest.js'

/**
 * Looks at the contents of a snapshot that came from elsewhere, before it becomes visible: its tables have the columns and rows that it
 * tells of, and its hash is that of their list; of files the paths are harmless, the hash is that of the list, and every content is there. Throws `remote_manifest_invalid`.
 */
export async function checkPulled(ctx: VerbContext, manifest: Manifest, remote: Remote): Promise<void> {
  const { snapshot } = manifest
  const refuse = (reason: string): never => {
    throw new FabriqueError('remote_manifest_invalid', { snapshot: snapshot.id, remote: remote.name, reason })
  }
  const names = snapshot.columns.map(({ name }) => name)
  for (const part of snapshot.parts) {
    const found = await describeTable(ctx, part.sha256).catch((error: unknown) => {
      if (ctx.signal?.aborted) throw error
      return refuse(`content ${part.sha256} is not a table`)
    })
    if (found.rows !== part.row_count) refuse(`a part has ${found.rows} rows, not ${part.row_count}`)
    const unknown = found.columns.find((name) => !names.includes(name))
    if (unknown !== undefined) refuse(`a part has a column ${unknown} that it does not tell of`)
  }
  if (snapshot.kind === 'table') {
    const hash = contentHashOf(snapshot.parts.map(({ sha256 }) => sha256))
    if (hash !== snapshot.content_hash) refuse('its hash is not that of its parts')
    return
  }
  const form = formOfColumns(names) ?? refuse('its columns are not those of files')
  if (snapshot.parts.length !== 1) refuse('a snapshot of files has one part')
  const files = await readFiles(ctx, snapshot.parts[0]?.sha256 ?? '')
  checkFiles(form, files, snapshot.content_hash, refuse)
  const there = new Set(manifest.blobs.filter(({ is_pack }) => !is_pack).map(({ sha256 }) => sha256))
  const packs = manifest.blobs.filter(({ is_pack }) => is_pack).map(({ sha256 }) => sha256)
  const packed = await packedIn(ctx, packs)
  const lost = files.find(({ sha256 }) => !there.has(sha256) && !packed.has(sha256))
  if (lost !== undefined) refuse(`the content of ${lost.path} is not among its contents`)
}

function checkFiles(
  form: CollectionForm,
  files: readonly CollectionFile[],
  contentHash: string,
  refuse: (reason: string) => never,
): void {
  for (const [at, { path, sha256 }] of files.entries()) {
    const fault = pathFault(path)
    if (fault !== undefined) refuse(`the path ${path.slice(0, 200)} is refused: ${fault}`)
    if (!/^[0-9a-f]{64}$/.test(sha256)) refuse(`the hash of ${path} is none`)
    const next = files[at + 1]
    if (next !== undefined && comparePaths(path, next.path) >= 0) refuse('its paths are not in order')
  }
  if (collectionHash(form, files) !== contentHash) refuse('its hash is not that of its files')
}

async function describeTable(
  ctx: VerbContext,
  sha256: string,
): Promise<{ readonly rows: number; readonly columns: readonly string[] }> {
  const file = await ctx.blobs.localFile(sha256)
  try {
    return await ctx.data.use(async (connection) => {
      const from = `read_parquet(${sqlText(file.path)})`
      const counted = await connection.runAndReadAll(`select count(*) as rows from ${from}`)
      const described = await connection.runAndReadAll(`describe select * from ${from}`)
      const [first] = rowsOf<{ rows: string }>(counted)
      return {
        rows: Number(first?.rows ?? 0),
        columns: rowsOf<{ column_name: string }>(described).map((row) => row.column_name),
      }
    }, ctx.signal)
  } finally {
    await file.release()
  }
}

/** The files that a table names, in its own order. */
async function readFiles(ctx: VerbContext, sha256: string): Promise<readonly CollectionFile[]> {
  const file = await ctx.blobs.localFile(sha256)
  try {
    const rows = await ctx.data.use(
      async (connection) =>
        rowsOf<{ path: string; sha256: string; bytes: string; executable: boolean }>(
          await connection.runAndReadAll(
            `select path, sha256, bytes, executable from read_parquet(${sqlText(file.path)})`,
          ),
        ),
      ctx.signal,
    )
    return rows.map((row) => ({
      path: String(row.path),
      sha256: String(row.sha256),
      bytes: Number(row.bytes),
      executable: row.executable === true,
    }))
  } finally {
    await file.release()
  }
}
