import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { type DvcHashRule, invalidFile } from './dvc-model.js'

/** Expansions of names of a YAML file; few files have any, and a bomb has many. */
const aliasesMax = 100

/** Every value is read as the text that stands there: a hash of digits is no number. */
const Text = z.string().max(4000)

const Output = z.object({
  path: Text.min(1),
  md5: Text.optional(),
  hash: Text.optional(),
  isexec: Text.optional(),
  cache: Text.optional(),
  remote: Text.optional(),
  /** Of outputs whose versions the cloud keeps. */
  files: z.array(z.unknown()).optional(),
  cloud: z.unknown().optional(),
})
export type OutputText = z.infer<typeof Output>

const DvcFile = z.object({ wdir: Text.optional(), outs: z.array(Output).max(10_000).default([]) })
const LockedStage = z.object({ outs: z.array(Output).max(100_000).default([]) })
const LockFile = z.object({ schema: Text.optional(), stages: z.record(Text, LockedStage).default({}) })

/** Outputs of a stage stand as a path, or as a path with options. */
const StageOutput = z.union([Text, z.record(Text, z.union([z.record(Text, z.unknown()), Text, z.null()]))])
const Stage = z.object({
  wdir: Text.optional(),
  outs: z.array(StageOutput).optional(),
  metrics: z.array(StageOutput).optional(),
  plots: z.array(StageOutput).optional(),
})
const StagesFile = z.object({ stages: z.record(Text, z.union([Stage, z.object({ do: Stage })])).default({}) })

export type DvcFile = z.infer<typeof DvcFile>

/** A stage of `dvc.yaml`, as far as its outputs need it. */
export interface StageFacts {
  readonly wdir: string | undefined
  /** Outputs that DVC does not keep in its cache. */
  readonly uncached: ReadonlySet<string>
}

/** Reads a `.dvc` file. `file` is its path for people. Throws `dvc_file_invalid`. */
export async function readDvcFile(path: string, file: string): Promise<DvcFile> {
  return check(DvcFile, await readYaml(path, file), file)
}

/** Reads a `dvc.lock`, of the first form as well, which had no schema. */
export async function readLockFile(
  path: string,
  file: string,
): Promise<Readonly<Record<string, readonly OutputText[]>>> {
  const content = (await readYaml(path, file)) ?? {}
  const isFirstForm =
    typeof content === 'object' && content !== null && !('schema' in content) && !('stages' in content)
  const { stages } = check(LockFile, isFirstForm ? { stages: content } : content, file)
  return Object.fromEntries(Object.entries(stages).map(([name, { outs }]) => [name, outs]))
}

/** Reads the stages of a `dvc.yaml`. */
export async function readStages(path: string, file: string): Promise<ReadonlyMap<string, StageFacts>> {
  const { stages } = check(StagesFile, (await readYaml(path, file)) ?? {}, file)
  return new Map(
    Object.entries(stages).map(([name, given]) => {
      const stage = 'do' in given ? given.do : given
      const outputs = [...(stage.outs ?? []), ...(stage.metrics ?? []), ...(stage.plots ?? [])]
      const uncached = outputs.flatMap((output) =>
        typeof output === 'string'
          ? []
          : Object.entries(output).flatMap(([path, options]) =>
              typeof options === 'object' && options?.cache === 'false' ? [path] : [],
            ),
      )
      return [name, { wdir: stage.wdir, uncached: new Set(uncached) }] as const
    }),
  )
}

/** The hash of an output; undefined for one that was never made. Throws `dvc_file_invalid`. */
export function hashOf(
  output: OutputText,
  file: string,
): { md5: string; isFolder: boolean; rule: DvcHashRule } | undefined {
  const { path, md5, hash } = output
  if (output.files !== undefined || output.cloud !== undefined) {
    invalidFile(file, `${path} is versioned by its cloud, which is not supported`)
  }
  if (hash !== undefined && hash !== 'md5') invalidFile(file, `${path} has a hash of kind ${hash}; only md5 is known`)
  if (md5 === undefined) return undefined
  const parts = /^([0-9a-f]{32})(\.dir)?$/.exec(md5)
  if (parts === null) invalidFile(file, `${md5} of ${path} is not an MD5`)
  return { md5: parts[1] ?? '', isFolder: parts[2] !== undefined, rule: hash === 'md5' ? 'md5' : 'md5-dos2unix' }
}

async function readYaml(path: string, file: string): Promise<unknown> {
  const text = await readBounded(path, file, limit('dvc.file_bytes_max'))
  try {
    const document = parseDocument(text.toString('utf8'), { schema: 'failsafe', uniqueKeys: true, logLevel: 'silent' })
    const [error] = document.errors
    if (error !== undefined) throw error
    return document.toJS({ maxAliasCount: aliasesMax })
  } catch (error) {
    return invalidFile(file, error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it is not YAML', error)
  }
}

/** The content of a plain file of bounded size; a link is not followed. Throws `dvc_file_invalid`. */
export async function readBounded(path: string, file: string, bytesMax: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => invalidFile(file, 'it cannot be read, or is a symbolic link', error),
  )
  try {
    const found = await handle.stat()
    if (!found.isFile()) invalidFile(file, 'it is not a plain file')
    if (found.size > bytesMax) invalidFile(file, `it has ${found.size} bytes, more than the limit of ${bytesMax}`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function check<Schema extends z.ZodType>(schema: Schema, content: unknown, file: string): z.output<Schema> {
  const parsed = schema.safeParse(content ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue === undefined ? '' : z.core.toDotPath(issue.path)
  return invalidFile(
    file,
    `${place === '' ? 'its content' : place.slice(0, 200)}: ${issue?.message ?? 'not understood'}`,
  )
}
