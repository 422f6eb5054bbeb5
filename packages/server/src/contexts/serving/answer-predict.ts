import type { DirectAnswer, DirectCall } from '../../platform/http/answer-directly.js'
import { authoriseModel } from '../../platform/verbs/actor.js'
import type { ModelServer, Predicted, PredictRequester } from './model-server.js'
import { requestTimeout } from './request-timeout.js'
import type { ModelTarget } from './served-models.js'

export type AnswerPredict = (call: DirectCall, target: ModelTarget) => DirectAnswer | Promise<DirectAnswer>

/** Answers of `/predict` as JSON: at once where nothing has to be waited for. Throws what `authoriseModel`, `requestTimeout` and `predict` do. */
export function predictAnswerer({ predict, predictNow }: Pick<ModelServer, 'predict' | 'predictNow'>): AnswerPredict {
  return (call, target) => {
    authoriseModel(call.actor, 'predictions.make', target.model)
    const requester = requesterOf(call)
    const now = predictNow(target, call.body, requester)
    if (now !== undefined) return answerOf(now, call.id)
    return predict(target, call.body, requester).then((found) => answerOf(found, call.id))
  }
}

function requesterOf({ headers, id, actor }: DirectCall): PredictRequester {
  const assignedBy = headers['x-assignment-key']
  return {
    requestId: id,
    actor: actor.id,
    bytes: Number(headers['content-length'] ?? 0),
    timeoutMs: requestTimeout(headers),
    assignedBy: typeof assignedBy === 'string' ? assignedBy : undefined,
  }
}

function answerOf(found: Predicted, requestId: string): DirectAnswer {
  const { model, version } = found
  return { text: replyText(found, requestId), model, version }
}

/** The reply, whose ids and numbers of versions need no escapes. Put together, which takes less than to join objects of any keys. */
function replyText({ model, version, predictions, single, predictionId }: Predicted, requestId: string): string {
  const kept = predictionId === undefined ? '' : `,"prediction_id":"${predictionId}"`
  const by = `"model":${JSON.stringify(model)},"version":${JSON.stringify(version)},"request_id":"${requestId}"${kept}}`
  const [first] = predictions
  return single && first !== undefined
    ? `${JSON.stringify(first).slice(0, -1)},${by}`
    : `{"predictions":${JSON.stringify(predictions)},${by}`
}
