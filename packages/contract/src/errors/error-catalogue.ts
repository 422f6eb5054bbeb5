import { artifactErrors } from './catalogue/artifacts.js'
import { authErrors } from './catalogue/auth.js'
import { batchErrors } from './catalogue/batches.js'
import { collectionErrors, datasetErrors, snapshotErrors } from './catalogue/datasets.js'
import { evaluationErrors } from './catalogue/evaluation.js'
import { explanationErrors } from './catalogue/explanations.js'
import { featureErrors } from './catalogue/features.js'
import { flowErrors } from './catalogue/flows.js'
import { internalErrors, requestErrors, routeErrors } from './catalogue/http.js'
import { importErrors } from './catalogue/imports.js'
import { jobErrors } from './catalogue/jobs.js'
import { lineageErrors } from './catalogue/lineage.js'
import { machineErrors } from './catalogue/machine.js'
import { metricErrors } from './catalogue/metrics.js'
import { mlflowClientErrors, mlflowErrors } from './catalogue/mlflow.js'
import { monitoringErrors } from './catalogue/monitoring.js'
import { plainFileErrors } from './catalogue/plain-files.js'
import { predictionErrors } from './catalogue/predictions.js'
import { declarationErrors, projectErrors } from './catalogue/projects.js'
import { registryErrors } from './catalogue/registry.js'
import { dvcErrors, remoteErrors } from './catalogue/remotes.js'
import { rolloutErrors } from './catalogue/rollouts.js'
import { predictErrors, servingErrors } from './catalogue/serving.js'
import { ingestErrors, sourceErrors } from './catalogue/sources.js'
import { traceErrors } from './catalogue/traces.js'
import { trackingErrors } from './catalogue/tracking.js'
import { scriptErrors, trainingErrors } from './catalogue/training.js'
import { trashErrors } from './catalogue/trash.js'
import { expectationErrors, validationErrors } from './catalogue/validation.js'
import { webhookErrors } from './catalogue/webhooks.js'
import type { ErrorSpec } from './error-spec.js'

/**
 * The closed list of error codes, each in the file of its context; the order is that of `docs/errors.md`, which is generated from it.
 * The tidy test proves that both agree, and that no code stands twice.
 */
export const errorCatalogue = {
  ...requestErrors,
  ...authErrors,
  ...routeErrors,
  ...projectErrors,
  ...machineErrors,
  ...artifactErrors,
  ...datasetErrors,
  ...jobErrors,
  ...dvcErrors,
  ...lineageErrors,
  ...expectationErrors,
  ...predictionErrors,
  ...monitoringErrors,
  ...rolloutErrors,
  ...snapshotErrors,
  ...plainFileErrors,
  ...featureErrors,
  ...collectionErrors,
  ...remoteErrors,
  ...sourceErrors,
  ...metricErrors,
  ...ingestErrors,
  ...validationErrors,
  ...trackingErrors,
  ...traceErrors,
  ...evaluationErrors,
  ...mlflowErrors,
  ...registryErrors,
  ...webhookErrors,
  ...trainingErrors,
  ...explanationErrors,
  ...scriptErrors,
  ...predictErrors,
  ...batchErrors,
  ...servingErrors,
  ...flowErrors,
  ...declarationErrors,
  ...trashErrors,
  ...importErrors,
  ...mlflowClientErrors,
  ...internalErrors,
} as const satisfies Record<string, ErrorSpec>

/** A stable, machine-readable error code. */
export type ErrorCode = keyof typeof errorCatalogue

type Placeholder<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

type Texts<Code extends ErrorCode> = (typeof errorCatalogue)[Code]['en' | 'hintEn']

/** The values that the message and the hint of a code name; words have those in French under `name_fr`. */
export type ErrorParams<Code extends ErrorCode> = { readonly [Name in Placeholder<Texts<Code>>]: string | number } & {
  readonly [Name in `${Placeholder<Texts<Code>>}_fr`]?: string
}

export const errorCodes = Object.keys(errorCatalogue) as readonly ErrorCode[]

/** The specification of a code, with the optional members visible to the type checker. */
export function errorSpec(code: ErrorCode): ErrorSpec {
  return errorCatalogue[code]
}
