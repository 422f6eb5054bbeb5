export * from './actor.js'
export * from './verb.js'
