/** What starts flows: people, schedules, events, webhooks; and named limits. */
export { applyFlows } from './apply-flows.js'
export { backfillFlow } from './backfill-flow.js'
export { callWebhook } from './call-webhook.js'
export { deleteFlowLimit, listFlowLimits, setFlowLimit } from './limit-verbs.js'
export { pauseFlow, resumeFlow } from './pause-flow.js'
export { type Scheduler, type SchedulerOptions, startScheduler } from './scheduler.js'
export { type StartedFlow, startFlow } from './start-flow.js'
