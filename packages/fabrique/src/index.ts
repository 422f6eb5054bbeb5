/** What a `fabrique.config.ts` imports: the functions that declare a project. */
export * from './sdk/index.js'
