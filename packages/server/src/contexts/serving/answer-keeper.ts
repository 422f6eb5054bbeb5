import { FabriqueError, type Json } from '@fabrique/contract'
import type { AnsweredLater, KeptRow } from '../predictions/index.js'
import { holdTensors } from './keep-tensors.js'
import { rowsOfScoring } from './protocols/scoring.js'
import type { ScoringReply, ScoringRequest } from './runtime/model-runtime.js'
import type { AnswerKeeper, LoadedVersion } from './served-version.js'

type Keep = (kept: Pick<AnsweredLater, 'rowCount' | 'bytes' | 'read'>) => string | undefined

/** Holds what a version answered in tensors, or in MLflow's scoring protocol, until the log writes it. */
export function answerKeeper({ signature, predictor }: LoadedVersion, keep: Keep): AnswerKeeper {
  return {
    inferred: (inputs, outputs) => keep(holdTensors({ inputs, outputs, signature, predictor })),
    scored(request, reply) {
      if (reply.status !== 200) return undefined
      const bytes = request.body.byteLength + reply.body.byteLength
      return keep({ rowCount: 1, bytes, read: () => scoredRows(request, reply) })
    },
  }
}

const utf8 = new TextDecoder()

function scoredRows(request: ScoringRequest, reply: ScoringReply): readonly KeptRow[] {
  const rows = rowsOfScoring(request)
  const { predictions } = JSON.parse(utf8.decode(reply.body)) as { readonly predictions?: unknown }
  if (!Array.isArray(predictions) || predictions.length !== rows.length) {
    throw new FabriqueError('invalid_request', { field: 'predictions', reason: 'are not one for each row' })
  }
  return rows.map((inputs, row) => ({
    inputs: inputs as Readonly<Record<string, Json>>,
    output: outputOf(predictions[row]),
  }))
}

/** A model of MLflow answers a value for each row, or several by name. */
function outputOf(value: Json): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { outputs: value }
    : { prediction: value }
}
