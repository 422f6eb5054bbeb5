import type { routes } from '@fabrique/contract'

type Routes = typeof routes

const dataset = '/api/v1/projects/:project/datasets/:dataset'

/** Method and path of the routes that short commands call. */
const paths = {
  addFiles: { method: 'POST', path: `${dataset}/add` },
  cancelJob: { method: 'POST', path: '/api/v1/jobs/:job/cancel' },
  getIngest: { method: 'GET', path: '/api/v1/ingests/:ingest' },
  getJob: { method: 'GET', path: '/api/v1/jobs/:job' },
  getSnapshot: { method: 'GET', path: '/api/v1/snapshots/:snapshot' },
  listSuites: { method: 'GET', path: `${dataset}/suites` },
  resolveSnapshot: { method: 'GET', path: `${dataset}/resolve` },
  startIngest: { method: 'POST', path: `${dataset}/ingest` },
  startTraining: { method: 'POST', path: '/api/v1/projects/:project/trainings' },
  streamEvents: { method: 'GET', path: '/api/v1/events' },
  uploadDataset: { method: 'POST', path: `${dataset}/upload` },
  validateSnapshot: { method: 'POST', path: '/api/v1/snapshots/:snapshot/validate' },
} as const satisfies Partial<Record<keyof Routes, { method: string; path: string }>>

/** The types are those of the contract; a client uses no more of a route than what stands here, and a test compares that. */
function typed<Name extends keyof Routes>(given: Readonly<Record<Name, object>>): Pick<Routes, Name> {
  return given as Pick<Routes, Name>
}

/** Routes of the contract for commands that would take longer to make all schemas than to do their work. */
export const quickRoutes = typed(paths)
