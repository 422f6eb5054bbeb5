import type { FlowArtifact } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'
import { expectRun } from './list-steps.js'

interface ArtifactRow {
  readonly key: string
  readonly step: string | null
  readonly at: Date
  readonly content: FlowArtifact['content']
}

/** What the steps of a run left to be looked at: of each key the newest, in the order in which keys were first used. */
export const listFlowArtifacts = readVerb({
  name: 'flows.list_flow_artifacts',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string() }),
  async run({ ctx, input }): Promise<{ items: FlowArtifact[] }> {
    await expectRun(ctx.db, input.flow_run)
    const { rows } = await sql<ArtifactRow>`
      with newest as (
        select min(id) as first_id, max(id) as id from flow_artifacts where run_id = ${input.flow_run}
        group by key order by first_id limit ${limit('flows.artifacts_shown_max')}
      )
      select artifact.key, artifact.step, artifact.at, artifact.content
      from newest join flow_artifacts artifact on artifact.run_id = ${input.flow_run} and artifact.id = newest.id
      order by newest.first_id
    `.execute(ctx.db)
    return {
      items: rows.map(({ key, step, at, content }) => ({
        key,
        ...(step === null ? {} : { step }),
        at: at.toISOString(),
        content,
      })),
    }
  },
})
