import type { ModelSignature } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { fromJsonb, readVerb, type VerbContext } from '../../platform/index.js'

/** A version whose files are kept here, as serving needs it. */
export interface ServableVersion {
  readonly model: string
  readonly version: string
  readonly aliases: readonly string[]
  /** Another for a version that was deleted and made anew. */
  readonly identity: string
}

export interface ServableFiles extends ServableVersion {
  readonly artifact_path: string
  readonly signature: ModelSignature | undefined
}

interface Row {
  readonly model: string
  readonly version: number
  readonly identity: string
  readonly artifact_path: string
  readonly signature: unknown
  readonly aliases: readonly string[] | null
}

/** Versions with their aliases, from conditions, order and page on `model_versions v`. */
async function query(ctx: VerbContext, signature: RawBuilder<unknown>, rest: RawBuilder<unknown>) {
  const { rows } = await sql<Row>`
    select v.model, v.version, v.artifact_path, ${signature} as signature,
      extract(epoch from v.created_at)::text || ' ' || v.artifact_path as identity, (
      select array_agg(a.alias order by a.alias collate "C") from model_aliases a
      where a.model = v.model and a.version = v.version
    ) as aliases
    from model_versions v where v.artifact_path is not null and ${rest}
  `.execute(ctx.db)
  return rows.map((row) => ({ ...row, version: String(row.version), aliases: row.aliases ?? [] }))
}

/** Every version that has an alias, and of the others the newest, by model and newest first. */
export const listServableVersions = readVerb({
  name: 'registry.list_servable_versions',
  permission: 'models.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly ServableVersion[]> {
    const named = sql`exists (select from model_aliases a where a.model = v.model and a.version = v.version)`
    const found = [
      ...(await query(ctx, sql`null`, sql`${named} limit ${limit('serving.versions_listed_max')}`)),
      ...(await query(
        ctx,
        sql`null`,
        sql`not ${named} order by v.created_at desc limit ${limit('serving.versions_listed_max')}`,
      )),
    ]
    return found
      .map(({ model, version, aliases, identity }) => ({ model, version, aliases, identity }))
      .sort((left, right) =>
        left.model === right.model ? Number(right.version) - Number(left.version) : left.model < right.model ? -1 : 1,
      )
  },
})

/** One version with the place of its files; undefined where there is none, or its files are kept elsewhere. */
export const findServableVersion = readVerb({
  name: 'registry.find_servable_version',
  permission: 'models.read',
  input: z.object({ model: z.string(), version: z.string() }),
  async run({ ctx, input }): Promise<ServableFiles | undefined> {
    if (!/^[1-9]\d{0,8}$/.test(input.version)) return undefined
    const [found] = await query(
      ctx,
      sql`v.signature`,
      sql`v.model = ${input.model} and v.version = ${Number(input.version)}`,
    )
    if (found === undefined) return undefined
    // The driver parses jsonb; the signature was checked when it was written.
    return { ...found, signature: fromJsonb<ModelSignature | null>(found.signature) ?? undefined }
  },
})
