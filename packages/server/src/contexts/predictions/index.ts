/** The log of predictions, what became known of them, and how fast versions answer. See README.md. */
export { answerFigures } from './answer-figures.js'
export { getPrediction, listPredictions } from './list-predictions.js'
export type { Answered, Answerer, Outcome } from './model.js'
export { openPredictionLog, type PredictionLog } from './prediction-log.js'
export { recordFeedback } from './record-feedback.js'
export { mountFeedback, mountPredictionRoutes } from './routes.js'
export { tidyUpPredictions } from './tidy-up.js'
export { readVariantAnswers, type VariantAnswers } from './variant-figures.js'
