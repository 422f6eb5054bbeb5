import { createHash } from 'node:crypto'
import { FabriqueError, type FlowArtifact, FlowFileName, Slug } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { checkModelGrant, readVerb } from '../../../platform/index.js'
import { expectRun } from './list-steps.js'

/** Where the files of a run stand in the artifact tree. */
export const flowFilesFolder = (run: string) => `flows/${run}/artifacts`

/** The name of a step as the key of what it leaves: another name has another key. */
export function filesKeyOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  if (plain === name && name.length <= 63) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${plain.slice(0, 54)}${plain === '' ? '' : '-'}${digest}`
}

/** Models that what a step left tells of. */
export function modelsToldOf(content: FlowArtifact['content']): readonly string[] {
  return content.kind === 'files' ? (content.models ?? []) : []
}

/**
 * The path of a file that a step left, by the key of what it left. Errors: `flow_run_not_found`, `artifact_not_found` of what the run does not
 * list, `model_not_granted`, `invalid_request`.
 */
export const findFlowFile = readVerb({
  name: 'flows.find_flow_file',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string(), key: Slug, file: FlowFileName }),
  async run({ ctx, input }): Promise<string> {
    const { flow_run, key, file } = input
    await expectRun(ctx.db, flow_run)
    const path = `${flowFilesFolder(flow_run)}/${key}/${file}`
    const { rows } = await sql<{ content: FlowArtifact['content'] }>`
      select content from flow_artifacts where run_id = ${flow_run} and key = ${key}
    `.execute(ctx.db)
    const content = rows[0]?.content
    // Of files that are not listed it is not known whom they tell of.
    if (content?.kind !== 'files') throw new FabriqueError('artifact_not_found', { path })
    for (const model of modelsToldOf(content)) checkModelGrant(ctx.actor, model)
    return path
  },
})
