/** What models go by, and which of two is better. See README.md. */
export { compareModels } from './compare-models.js'
export { openPredictionExplainer, type PredictionExplainer } from './explain-prediction.js'
export { type ExplainerLine, openExplainerLine } from './explainer-line.js'
export { type ExplanationTools, explanationJob } from './explanation-job.js'
export { getExplanation, listExplanations } from './get-explanation.js'
export * from './routes.js'
export { explanationJobKind, startExplanation } from './start-explanation.js'
