import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { authorise, taskVerb, type VerbContext } from '../../platform/index.js'
import { parseArtifactPath } from './model.js'

const CreateLink = z.object({
  path: z.string(),
  access: z.enum(['read', 'write']),
  expires_in_ms: z.number().int().min(1).max(limit('artifacts.link_expiry_ms')),
})

/**
 * Makes a key that lets whoever has it read, or write, one file for a while, without credentials. The key cannot be guessed.
 * Throws `artifact_path_invalid`, `permission_denied`.
 */
export const createArtifactLink = taskVerb({
  name: 'artifacts.create_artifact_link',
  permission: 'artifacts.read',
  input: CreateLink,
  async run({ ctx, input }): Promise<{ readonly key: string }> {
    if (input.access === 'write') authorise(ctx.actor, 'artifacts.write')
    const path = parseArtifactPath(input.path)
    const key = ctx.ids.hex32()
    const expiresAt = new Date(ctx.clock.now().getTime() + input.expires_in_ms)
    await sql`
      insert into artifact_links (id, path, access, expires_at) values (${key}, ${path}, ${input.access}, ${expiresAt})
    `.execute(ctx.db)
    return { key }
  },
})

/** The path that a key opens for reading or writing. Throws `artifact_link_not_found`. */
export async function pathOfLink(ctx: VerbContext, key: string, access: 'read' | 'write'): Promise<string> {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new FabriqueError('artifact_link_not_found', {})
  const { rows } = await sql<{ path: string }>`
    select path from artifact_links where id = ${key} and access = ${access} and expires_at > ${ctx.clock.now()}
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('artifact_link_not_found', {})
  return rows[0].path
}
