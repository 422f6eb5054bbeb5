export { addHostMetrics } from './host/host-metrics.js'
export * from './http-metrics.js'
export { sharedLook } from './shared-look.js'
