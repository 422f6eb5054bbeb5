/** The lowest layer: no words of the domain, no input or output. */
export * from './assert.js'
export * from './canonical-json.js'
export * from './clock.js'
export * from './ids.js'
export * from './limits.js'
export * from './poll-until.js'
export * from './retry.js'
