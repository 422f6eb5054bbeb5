import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { createRandom, deriveSeed } from '@fabrique/ml/random'
import { canonicalJson } from '../../../kernel/index.js'
import { openParquetWriter } from '../../../platform/index.js'
import { hashFile } from './hash-file.js'
import type { LocalFile, SourceDriver, SourceScope } from './source-driver.js'
import { type SyntheticGenerator, syntheticGenerator } from './synthetic-generators.js'
import type { SyntheticSource } from './synthetic-params.js'

/** Raised when the same parameters give other rows. */
const generatorVersion = 1

/** Values of one block: a block is held while it is made. It decides the rows, so it never changes. */
const blockValues = 8_000_000
const blockRowsMax = 1_000_000

/** Rows between two looks at whether the job was cancelled. */
const stepRows = 16_384

/**
 * Rows that nobody measured, from a seed: the same parameters give the same bytes. They come in blocks that depend on the seed and their
 * place alone, so that more rows are more blocks. Errors: `source_options_invalid`.
 */
export const syntheticDriver: SourceDriver<'synthetic'> = {
  kind: 'synthetic',
  async list(source, scope) {
    const generator = syntheticGenerator(source)
    const blockRows = Math.max(1, Math.min(blockRowsMax, Math.floor(blockValues / generator.columns.length)))
    const blocks = Array.from({ length: Math.ceil(source.rows / blockRows) }, (_, block): Block => {
      const start = block * blockRows
      return { block, start, count: Math.min(blockRows, source.rows - start) }
    })
    return {
      mode: 'whole',
      items: blocks.map((block) => ({
        name: `${source.generator}, rows ${block.start + 1} to ${block.start + block.count}`,
        mark: createHash('sha256')
          .update(canonicalJson([generatorVersion, source.generator, source.seed, generator.params, { ...block }]))
          .digest('hex'),
        format: { format: 'parquet' },
        open: (report) => makeBlock(source, generator, block, scope, report),
      })),
    }
  },
}

interface Block {
  readonly block: number
  readonly start: number
  readonly count: number
}

async function makeBlock(
  source: SyntheticSource,
  generator: SyntheticGenerator,
  { block, start, count }: Block,
  { ctx }: SourceScope,
  report: (bytes: number) => void,
): Promise<LocalFile> {
  const path = join(ctx.blobs.stagingFolder, `got-${ctx.ids.hex32()}-rows.parquet`)
  const random = createRandom(deriveSeed(source.seed, block + 1))
  await ctx.data.use(async (connection) => {
    const writer = await openParquetWriter(connection, { path, columns: generator.columns })
    try {
      for (let made = 0; made < count; made += stepRows) {
        ctx.signal?.throwIfAborted()
        const rows = Math.min(stepRows, count - made)
        await writer.append(generator.make(random, start + made, rows))
        report((made + rows) * generator.columns.length * 8)
        await breathe()
      }
      await writer.finish()
    } catch (error) {
      await writer.discard()
      ctx.signal?.throwIfAborted()
      throw error
    }
  }, ctx.signal)
  return { path, ...(await hashFile(path, { signal: ctx.signal })), release: () => rm(path, { force: true }) }
}
