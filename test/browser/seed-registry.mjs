// A run with files of every kind, a failed one, one in the trash, a model of two versions, a trace and a webhook.
import { picture } from './picture.mjs'
import { logMetric, logRun } from './seed-runs.mjs'

async function ask(base, method, path, body) {
  const reply = await fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!reply.ok) throw new Error(`${method} ${path} answers ${reply.status}: ${await reply.text()}`)
  return reply.json()
}

const inputs = JSON.stringify([{ type: 'double', name: 'width', required: true }])
const outputs = JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'int64', shape: [-1] } }])
const modelFile = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
mlflow_version: 3.0.0
signature:
  inputs: '${inputs}'
  outputs: '${outputs}'
  params: null
`

const files = {
  'model/MLmodel': modelFile,
  'model/model.pkl': 'not a model',
  'config/settings.json': JSON.stringify({ depth: 3, layers: [{ units: 8 }] }),
  'eval/table.json': JSON.stringify({ columns: ['question', 'score'], data: [['What is drift?', 0.9]] }),
  'data/points.csv': `x,label\n${Array.from({ length: 300 }, (_, row) => `${row},point ${row}`).join('\n')}\n`,
  'report.html': '<h1>Report</h1><p>As it was</p><script>document.body.textContent = "script ran"</script>',
  'plot.png': picture(),
  'train.log': 'one line of the log\n'.repeat(80_000),
  'spare.txt': 'may be deleted',
}

/** Writes a file of a run. */
export const putFile = async (base, run, path, content) => {
  const { artifact_uri: uri } = await ask(base, 'GET', `/api/v1/runs/${run}`)
  const root = uri.replace(/^mlflow-artifacts:\/*/, '')
  const reply = await fetch(`${base}/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`, {
    method: 'PUT',
    body: content,
  })
  if (!reply.ok) throw new Error(`${path} answers ${reply.status}: ${await reply.text()}`)
}

const text = (value) => ({ stringValue: value })

/** A trace of two spans, the second one failed, as an OpenTelemetry exporter sends it. */
async function logTrace(base, experiment) {
  const hex = (bytes) =>
    [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const [traceId, root, child] = [hex(16), hex(8), hex(8)]
  const start = BigInt(Date.now()) * 1_000_000n
  const span = (spanId, parentSpanId, name, from, to, more) => ({
    traceId,
    spanId,
    ...(parentSpanId === '' ? {} : { parentSpanId }),
    name,
    startTimeUnixNano: String(start + BigInt(from) * 1_000_000n),
    endTimeUnixNano: String(start + BigInt(to) * 1_000_000n),
    ...more,
  })
  const spans = [
    span(root, '', 'answer', 0, 90, {
      attributes: [
        { key: 'mlflow.spanInputs', value: text('{"question":"What is drift?"}') },
        { key: 'mlflow.spanType', value: text('"CHAIN"') },
      ],
      status: { code: 'STATUS_CODE_ERROR', message: 'The model refused' },
    }),
    span(child, root, 'ask the model', 20, 85, { attributes: [], status: { code: 'STATUS_CODE_ERROR' } }),
  ]
  const reply = await fetch(`${base}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment },
    body: JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans }] }] }),
  })
  if (!reply.ok) throw new Error(`/v1/traces answers ${reply.status}: ${await reply.text()}`)
  return `tr-${traceId}`
}

/** Registers the model folder of a run; the model is made where it is new. */
export const registerFrom = (base, model, run) =>
  ask(base, 'POST', `/api/v1/models/${model}/versions`, { run_id: run, path: 'model', reason: 'Seeded' })

/** A run with all its files. */
export async function seedRun(base, experiment, runName) {
  const now = Date.now()
  const curve = (key, of) =>
    Array.from({ length: 50 }, (_, step) => ({ key, value: of(step), step, timestamp: now + step * 1000 }))
  const run = await logRun(base, experiment, {
    runName,
    start: now,
    params: { depth: 3, rate: 0.1 },
    tags: { team: 'vision', 'mlflow.source.name': 'train.py', 'mlflow.source.git.commit': 'c0ffee0123456789' },
    metrics: [
      ...curve('train/loss', (step) => Math.exp(-step / 20)),
      ...curve('train/accuracy', (step) => 1 - Math.exp(-step / 20)),
      { key: 'final', value: 0.91, step: 0, timestamp: now },
    ],
  })
  for (const [path, content] of Object.entries(files)) await putFile(base, run, path, content)
  return run
}

/** Everything; each call makes its own, so that a suite can change what it finds. */
export async function seedRegistry(base) {
  const stamp = Date.now().toString(36)
  const name = `registry-${stamp}`
  const { experiment_id: experiment } = await ask(base, 'POST', '/api/2.0/mlflow/experiments/create', { name })
  const run = await seedRun(base, experiment, 'with every file')
  const child = { 'mlflow.parentRunId': run }
  await logRun(base, experiment, { runName: 'first child', start: Date.now(), params: { depth: 4 }, tags: child })
  const failed = await logRun(base, experiment, { runName: 'out of memory', start: Date.now(), end: false })
  await ask(base, 'POST', '/api/2.0/mlflow/runs/update', { run_id: failed, status: 'FAILED', end_time: Date.now() })
  const deleted = await logRun(base, experiment, { runName: `deleted-${stamp}`, start: Date.now() })
  await ask(base, 'POST', '/api/v1/runs/delete', { run_ids: [deleted] })
  const model = `flowers-${stamp}`
  await registerFrom(base, model, run)
  await registerFrom(base, model, run)
  await ask(base, 'PUT', `/api/v1/models/${model}/aliases/champion`, { version: '1', reason: 'First' })
  await ask(base, 'PUT', `/api/v1/models/${model}/aliases/champion`, { version: '2', reason: 'Better' })
  const trace = await logTrace(base, experiment)
  return { experiment, name, run, failed, deleted, deletedName: `deleted-${stamp}`, model, trace }
}

export { logMetric, logRun }
