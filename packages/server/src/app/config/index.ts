export * from './read-config.js'
export * from './secret.js'
export * from './settings.js'
