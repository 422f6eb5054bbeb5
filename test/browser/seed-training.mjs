// Trainings to look at: one that ended well, one of a search, and one that its data refused.
import { ask, ended } from './seed-data.mjs'

/** Asks for a training and waits until it is over. Gives the id of its run. */
async function train(base, project, request) {
  const { job, run_id } = await ask(base, 'POST', `/projects/${project}/trainings`, request)
  await ended(base, job, true)
  return run_id
}

const wanted = {
  finished: {
    snapshot: 'simulated@latest',
    target: 'target',
    task: 'classification',
    estimator: { kind: 'hist_gradient_boosting_classifier', params: { max_iter: 20 } },
    run_name: 'browser-boosting',
  },
  search: {
    snapshot: 'readings@latest',
    target: 'hours',
    task: 'regression',
    estimator: { kind: 'ridge' },
    search: { method: 'random', trials: 3 },
    run_name: 'browser-search',
  },
  failed: {
    snapshot: 'readings@latest',
    target: 'energy',
    task: 'regression',
    estimator: { kind: 'ridge' },
    run_name: 'browser-refused',
  },
}

/** Everything, made once for each server; the project of data has to be there. */
export async function seedTraining(base, project) {
  const { items } = await ask(base, 'GET', `/projects/${project}/trainings?limit=200`)
  const made = {}
  for (const [name, request] of Object.entries(wanted))
    made[name] =
      items.find(({ run_name }) => run_name === request.run_name)?.run_id ?? (await train(base, project, request))
  return made
}
