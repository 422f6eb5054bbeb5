import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Json } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/errors'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import type { FinishedPart } from './model.js'

/** The folder of unfinished work: its parts, and a manifest that says which of them are whole. */
export interface PartFolder {
  /** Parts that are done, in their order. */
  readonly parts: readonly FinishedPart[]
  rowsOf(part: number): string
  rejectedOf(part: number): string
  /** Counts the next part as done. Its files are on the disk already. */
  add(part: FinishedPart): Promise<void>
}

const manifestName = 'manifest.json'

/** Where the data engine of a work may keep what does not fit into memory, in the same folder. */
export const spillName = 'spill'

const Part = z.object({
  rows: z.number(),
  predicted: z.number(),
  rejected: z.number(),
  bytes: z.number(),
  rejectedBytes: z.number(),
})
const Manifest = z.object({ plan: z.custom<Json>(), parts: z.array(Part) })

/**
 * Opens the folder of some work, and goes on with what is done of the very same work. `plan` is all that the answers depend on. Throws
 * `batch_changed` where the folder holds other work, and `file_not_written` where it holds something else.
 */
export async function openPartFolder(path: string, plan: Json, resume: boolean): Promise<PartFolder> {
  const held = await readManifest(path)
  if (held === undefined) await requireEmpty(path)
  else if (!resume) await rm(path, { recursive: true, force: true })
  else if (canonicalJson(held.plan) !== canonicalJson(plan)) {
    throw new FabriqueError('batch_changed', { folder: path, what: differenceOf(held.plan, plan) })
  }
  await mkdir(path, { recursive: true, mode: 0o700 })
  const rowsOf = (part: number) => join(path, `part-${String(part).padStart(6, '0')}.parquet`)
  const rejectedOf = (part: number) => join(path, `part-${String(part).padStart(6, '0')}.rejected.ndjson`)
  const parts = resume && held !== undefined ? await wholeParts(held.parts, rowsOf, rejectedOf) : []
  const write = () => writeWhole(join(path, manifestName), JSON.stringify({ plan, parts }))
  await write()
  return {
    parts,
    rowsOf,
    rejectedOf,
    async add(part) {
      parts.push(part)
      await write()
    },
  }
}

/** The same of a folder that is there for one work only: it begins anew where the folder holds anything else. */
export async function openOwnPartFolder(path: string, plan: Json): Promise<PartFolder> {
  const held = await readManifest(path)
  if (held === undefined || canonicalJson(held.plan) !== canonicalJson(plan)) {
    const names = await readdir(path).catch(() => [])
    // The data engine of the work has its folder there already.
    for (const name of names) if (name !== spillName) await rm(join(path, name), { recursive: true, force: true })
  }
  return openPartFolder(path, plan, true)
}

async function readManifest(path: string): Promise<z.infer<typeof Manifest> | undefined> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(path, manifestName), 'utf8')))
  } catch {
    return undefined
  }
}

async function requireEmpty(path: string): Promise<void> {
  const names = await readdir(path).catch(() => [])
  // A work that was stopped before its first part leaves no more than these.
  if (names.every((name) => name === spillName || name === `${manifestName}.new`)) return
  const reason = 'it is there and is no unfinished work'
  const reason_fr = 'il existe déjà et n’est pas un travail inachevé'
  throw new FabriqueError('file_not_written', { path, reason, reason_fr })
}

/** The parts up to the first that is not there as it was written. */
async function wholeParts(
  parts: readonly FinishedPart[],
  rowsOf: (part: number) => string,
  rejectedOf: (part: number) => string,
): Promise<FinishedPart[]> {
  const whole: FinishedPart[] = []
  for (const [index, part] of parts.entries()) {
    const sizes = await Promise.all([sizeOf(rowsOf(index)), part.rejected === 0 ? 0 : sizeOf(rejectedOf(index))])
    if (sizes[0] !== part.bytes || sizes[1] !== part.rejectedBytes) break
    whole.push(part)
  }
  return whole
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.size ?? -1
}

/** The names of what two plans do not have in common. */
function differenceOf(held: Json, plan: Json): string {
  const [before, now] = [membersOf(held), membersOf(plan)]
  const names = [...new Set([...before.keys(), ...now.keys()])]
  return names.filter((name) => before.get(name) !== now.get(name)).join(', ')
}

function membersOf(value: Json): ReadonlyMap<string, string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return new Map()
  return new Map(Object.entries(value).map(([name, member]) => [name, canonicalJson(member)]))
}

/** Writes a file so that it is there whole, or as it was before, whatever happens. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const beside = `${path}.new`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
