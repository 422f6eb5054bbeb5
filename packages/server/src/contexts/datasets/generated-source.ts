import { createHash } from 'node:crypto'
import { type DatasetDefinition, Json, type Project } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import type { GivenSource } from './given-source.js'
import { ingestTables, storedState } from './ingest-store.js'

/** Rows that are made in place of those that a synthetic source declares. */
export const GeneratedRows = z.object({
  rows: z.number().int(),
  seed: z.number().int(),
  params: z.record(z.string(), Json),
})
export type GeneratedRows = z.output<typeof GeneratedRows>

/** A data set as it is read now. */
export interface CurrentDataset {
  readonly dataset: DatasetDefinition
  /** Kept with the snapshot, for the next ingest. */
  readonly state?: Readonly<Record<string, string>>
}

interface Asked {
  readonly given: GivenSource | undefined
  /** True reads what is declared, whatever was generated. */
  readonly isFull: boolean
}

/**
 * What was generated in place of the declared rows of a synthetic source stays what an ingest makes, so that a loop that ingests again finds
 * the same snapshot; until the declaration changes or everything is read again.
 */
export async function currentDataset(
  ctx: VerbContext,
  { project, declared }: { readonly project: Project; readonly declared: DatasetDefinition },
  { given, isFull }: Asked,
): Promise<CurrentDataset> {
  const { source } = declared
  if (source.kind !== 'synthetic') return { dataset: declared }
  const digest = createHash('sha256').update(canonicalJson(source)).digest('hex')
  const kept = await findState(ctx, { project: project.name, dataset: declared.name })
  const generated =
    given?.kind === 'synthetic' ? GeneratedRows.parse(given) : isFull ? undefined : generatedOf(kept, digest)
  if (generated === undefined) return kept === undefined ? { dataset: declared } : { dataset: declared, state: {} }
  return {
    dataset: { ...declared, source: { ...source, ...generated } },
    state: { declared: digest, generated: canonicalJson(generated) },
  }
}

async function findState(
  ctx: VerbContext,
  { project, dataset }: { readonly project: string; readonly dataset: string },
): Promise<Readonly<Record<string, string>> | undefined> {
  const row = await ingestTables(ctx)
    .selectFrom('source_states')
    .select('state')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .executeTakeFirst()
  return row === undefined ? undefined : storedState(row.state)
}

/** What was generated beside this declaration. */
function generatedOf(state: Readonly<Record<string, string>> | undefined, digest: string): GeneratedRows | undefined {
  if (state?.declared !== digest || state.generated === undefined) return undefined
  return GeneratedRows.parse(JSON.parse(state.generated))
}
