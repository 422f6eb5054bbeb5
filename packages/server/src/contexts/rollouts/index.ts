/** How requests are shared among the versions of a model, and what follows from it. See README.md. */
export { changeShares, endRollout } from './change-rollout.js'
export { decideRollouts, type PromotionBlock, startDeciding } from './decide.js'
export { getRollout, listRollouts } from './get-rollout.js'
export { mountRolloutRoutes } from './routes.js'
export { startRollout } from './start-rollout.js'
export { openTraffic, type Predict, type Traffic } from './traffic.js'
