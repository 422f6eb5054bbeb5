/** What a project declares, as data. */
export * from './apply-project.js'
export * from './get-project.js'
export * from './routes.js'
