export * from './log.js'
export * from './open-logger.js'
