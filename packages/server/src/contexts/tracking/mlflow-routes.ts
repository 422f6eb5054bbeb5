import type { FastifyInstance } from 'fastify'
import { answerUnknownMlflow, type MlflowMountOptions, mountMlflowEndpoints } from '../../platform/mlflow/index.js'
import { loggedModelEndpoints } from './logged-models/mlflow-logged-models.js'
import { artifactEndpoints, mountArtifactProxy } from './mlflow-artifacts.js'
import { experimentEndpoints } from './mlflow-experiments.js'
import { metricEndpoints } from './mlflow-metrics.js'
import { runEndpoints } from './mlflow-runs.js'

/**
 * Mounts the MLflow protocol of experiments, runs, metrics and artifacts, and the answer to every path below its prefixes
 * that no context serves.
 */
export function mountMlflowTracking(app: FastifyInstance, options: MlflowMountOptions): void {
  mountMlflowEndpoints(
    app,
    [...experimentEndpoints, ...runEndpoints, ...metricEndpoints, ...loggedModelEndpoints, ...artifactEndpoints],
    options,
  )
  mountArtifactProxy(app, options.contextOf)
  answerUnknownMlflow(app, options)
}
