export * from './connection.js'
export * from './database.js'
export * from './migrate.js'
