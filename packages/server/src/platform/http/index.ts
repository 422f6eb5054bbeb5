export * from './event-source.js'
export * from './http-server.js'
export * from './mount-route.js'
export * from './problem-replies.js'
