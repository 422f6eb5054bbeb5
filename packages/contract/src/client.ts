/** What a client of the API needs before it knows any schema: a command is over sooner than the schemas of all routes are made. */
export { errorCodes } from './errors/error-catalogue.js'
export { FabriqueError, isFabriqueError } from './errors/fabrique-error.js'
export { roles } from './permissions.js'
export { type PathParams, type Route, routePath } from './routes/define-route.js'
export { fabriqueVersion } from './version.js'
