/** Imports from other tracking servers. See README.md. */
export { mountImportRoutes } from './routes.js'
