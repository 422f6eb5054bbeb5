// Runs to look at, logged as an MLflow client logs them: more than a screen holds, four of them with curves.

const name = 'browser sweep/1'
const count = 150
const curves = 4
const steps = 400

async function send(base, path, body) {
  const reply = await fetch(`${base}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!reply.ok) throw new Error(`${path} answers ${reply.status}: ${await reply.text()}`)
  return reply.json()
}

/** Starts a run and logs it; `end` leaves it running when false. Returns its id. */
export async function logRun(base, experiment, { runName, start, params = {}, metrics = [], end = true, tags = {} }) {
  const pairs = (object) => Object.entries(object).map(([key, value]) => ({ key, value: String(value) }))
  const { run } = await send(base, 'runs/create', {
    experiment_id: experiment,
    run_name: runName,
    start_time: start,
    user_id: 'browser',
    tags: pairs(tags),
  })
  const run_id = run.info.run_id
  for (let at = 0; at === 0 || at < metrics.length; at += 900)
    await send(base, 'runs/log-batch', {
      run_id,
      metrics: metrics.slice(at, at + 900),
      params: at === 0 ? pairs(params) : [],
    })
  if (end) await send(base, 'runs/update', { run_id, status: 'FINISHED', end_time: start + 60_000 })
  return run_id
}

export const logMetric = (base, run_id, key, value, step) =>
  send(base, 'runs/log-metric', { run_id, key, value, step, timestamp: Date.now() })

/** The experiment with its runs; made once for each server. */
export async function seedRuns(base) {
  const listed = await fetch(`${base}/api/v1/experiments?search=${encodeURIComponent(name)}`)
  const known = (await listed.json()).items.find((experiment) => experiment.name === name)
  const id = known?.id ?? (await send(base, 'experiments/create', { name })).experiment_id
  if (known === undefined) await fill(base, id)
  const reply = await fetch(`${base}/api/v1/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_ids: [id], filter: `attributes.run_name LIKE 'curve-%'`, limit: curves }),
  })
  return { name, id, curves: (await reply.json()).items }
}

async function fill(base, id) {
  const now = Date.now()
  const one = (index) => {
    const score = ((index * 7919) % 997) / 997
    return logRun(base, id, {
      runName: `trial-${String(index).padStart(3, '0')}`,
      start: now - (count - index) * 60_000,
      params: {
        depth: (index % 5) + 2,
        solver: ['adam', 'sgd', 'rmsprop'][index % 3],
        rate: 10 ** -(1 + (index % 4)),
        seed: 7,
      },
      tags: { team: index % 2 === 0 ? 'core' : 'vision', 'mlflow.source.git.commit': `c0ffee${index % 3}` },
      metrics: [{ key: 'accuracy', value: score, step: 0, timestamp: now }],
    })
  }
  for (let index = 0; index < count - curves; index += 10)
    await Promise.all(Array.from({ length: Math.min(10, count - curves - index) }, (_, next) => one(index + next)))
  for (let index = 0; index < curves; index += 1) {
    const metrics = Array.from({ length: steps }, (_, step) => [
      {
        key: 'train/loss',
        value: (2 + index) * Math.exp(-step / 90) + 0.01 * index,
        step,
        timestamp: now + step * 500,
      },
      { key: 'val/loss', value: (2.2 + index) * Math.exp(-step / 100) + 0.05, step, timestamp: now + step * 500 },
    ])
    await logRun(base, id, {
      runName: `curve-${index}`,
      start: now + index * 1000,
      params: { depth: index + 2, solver: 'adam', rate: 0.01, seed: 7 },
      tags: { team: 'core', 'mlflow.source.git.commit': 'c0ffee0' },
      metrics: [...metrics.flat(), { key: 'accuracy', value: 0.9 + index / 100, step: 0, timestamp: now }],
    })
  }
}
