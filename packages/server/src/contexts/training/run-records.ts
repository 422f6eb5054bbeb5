import { FabriqueError, isFabriqueError, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { logBatch, updateRun } from '../tracking/index.js'

/** Names with their values, as the tracking verbs take them. */
export function entries(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

/** The columns that someone declared, which are taken as they were declared. */
export function declaredColumns({ columns }: Snapshot): string[] {
  return columns.filter(({ declared }) => declared).map(({ name }) => name)
}

/** A snapshot as the data set that a run was trained on. */
export function trainingInput(snapshot: Snapshot) {
  return {
    dataset: {
      name: snapshot.dataset,
      digest: snapshot.content_hash.slice(0, 36),
      source_type: 'fabrique_snapshot',
      source: JSON.stringify({ snapshot_id: snapshot.id, content_hash: snapshot.content_hash }),
      schema: JSON.stringify({ columns: snapshot.columns.map(({ name, type }) => ({ name, type })) }),
      profile: JSON.stringify({ num_rows: snapshot.row_count }),
    },
    tags: entries({ 'mlflow.data.context': 'training' }),
  }
}

/** Tag of a run with the newest line that its script wrote. */
export const scriptLineTag = 'fabrique.script_line'

/** Tag with what the message of a failure is made of, to tell it in another language. */
export const errorParamsTag = 'fabrique.error_params'

/** Longer ones are left out: a tag has its limit, and the message has them. */
const errorParamsCharsMax = 4000

/** The run tells why it failed; the failure itself goes on to the caller. */
export async function markFailed(ctx: VerbContext, runId: string, error: unknown): Promise<void> {
  const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
  const params = JSON.stringify(known.params)
  const tags = {
    'fabrique.error_code': known.code,
    'fabrique.error': known.message,
    ...(params.length > errorParamsCharsMax ? {} : { [errorParamsTag]: params }),
  }
  try {
    await logBatch({ ctx, input: { run_id: runId, tags: entries(tags) } })
    await updateRun({ ctx, input: { run_id: runId, status: 'FAILED', end_time: ctx.clock.now().getTime() } })
  } catch (second) {
    ctx.log.warn({ run_id: runId, err: second }, 'The run could not be marked as failed')
  }
}
