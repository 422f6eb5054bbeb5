/** What was deleted: brought back, or erased for good; what experiments occupy. See README.md. */
export { getExperimentStorage } from './experiment-storage.js'
export { listTrash } from './list-trash.js'
export { purgeExpired, purgeTrash } from './purge-trash.js'
export { restoreTrash } from './restore-trash.js'
export { mountTrashRoutes } from './routes.js'
