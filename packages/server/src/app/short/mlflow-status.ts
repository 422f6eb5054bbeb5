import { FabriqueError, isFabriqueError, type MlflowStatus, mlflowVersion } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { countExperiments } from '../../contexts/tracking/index.js'
import type { VerbContext } from '../../platform/index.js'

/** What an MLflow client sends to look whether tracking is there. */
const search = { method: 'POST', url: '/api/2.0/mlflow/experiments/search', payload: { max_results: 1 } } as const

interface Asked {
  readonly address: string
  readonly credentials: Readonly<Record<string, string>>
}

/**
 * Asks tracking as MLflow clients ask, through the same route. Throws `tracking_not_answering`.
 * @param asked the address of this server as the client that asks wrote it, and by what it proved who it is
 */
export async function mlflowStatus(app: FastifyInstance, ctx: VerbContext, asked: Asked): Promise<MlflowStatus> {
  const startedMs = ctx.clock.monotonicMs()
  const { address, credentials } = asked
  const { host } = new URL(address)
  const reply = await app.inject({
    ...search,
    headers: { ...credentials, host, 'user-agent': 'fabrique mlflow-status' },
  })
  const latencyMs = ctx.clock.monotonicMs() - startedMs
  if (reply.statusCode !== 200) {
    throw new FabriqueError('tracking_not_answering', { status: reply.statusCode, reason: reply.payload.slice(0, 300) })
  }
  return {
    status: 'up',
    mlflow_version: mlflowVersion,
    experiments: await experimentsOf(ctx),
    latency_ms: Math.round(latencyMs * 1000) / 1000,
    tracking_uri: address,
  }
}

/** The database can go away between the two looks. */
async function experimentsOf(ctx: VerbContext): Promise<number> {
  try {
    return await countExperiments({ ctx, input: {} })
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'database_unavailable') throw error
    throw new FabriqueError('tracking_not_answering', { status: 503, reason: error.message }, { cause: error })
  }
}
