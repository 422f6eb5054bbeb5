/** The stages of a loop, in order. */
export const stageNames = ['source', 'snapshot', 'checks', 'run', 'model', 'endpoint'] as const
export type StageName = (typeof stageNames)[number]
