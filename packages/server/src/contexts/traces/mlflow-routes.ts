import type { FastifyInstance } from 'fastify'
import { defineMlflowEndpoints, type MlflowMountOptions, mountMlflowEndpoints } from '../../platform/mlflow/index.js'
import { analysisEndpoints } from './mlflow-analysis.js'
import { assessmentEndpoints } from './mlflow-assessments.js'
import { mountTraceData } from './mlflow-trace-data.js'
import { oldTraceEndpoints } from './mlflow-traces-v2.js'
import { traceEndpoints } from './mlflow-traces-v3.js'
import { mountOtlp } from './otlp-routes.js'

/** What clients ask before they use what only some servers have. */
const serverInfoEndpoints = defineMlflowEndpoints([
  {
    method: 'GET',
    path: 'server-info',
    versions: ['3.0'],
    handle: async () => ({ store_type: 'SqlStore', workspaces_enabled: false }),
  },
])

/** Mounts traces of both versions of the MLflow protocol, assessments, `server-info` and the OpenTelemetry endpoint. */
export function mountMlflowTraces(app: FastifyInstance, options: MlflowMountOptions): void {
  mountMlflowEndpoints(
    app,
    [...traceEndpoints, ...oldTraceEndpoints, ...assessmentEndpoints, ...analysisEndpoints, ...serverInfoEndpoints],
    options,
  )
  mountTraceData(app, options.contextOf)
  mountOtlp(app, options.contextOf)
}
