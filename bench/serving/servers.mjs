// The servers that are measured: ours in its two forms, and the peers as their documents start them.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { feastPackages } from '../features/online.mjs'
import { copyOf, freePort, memoryOf, pythonWith, root, run, start, untilAnswers } from '../support/processes.mjs'
import { asked, once } from './load.mjs'

const here = join(root, 'bench', 'serving')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
const quiet = { ...process.env, FABRIQUE_LOG_FORMAT: 'off' }
const row = [5.1, 3.5, 1.4, 0.2]

const pythons = {
  fastapi: () =>
    pythonWith('bench-serving', [
      'fastapi',
      'uvicorn[standard]',
      'scikit-learn',
      'joblib',
      'onnx',
      'onnxruntime',
      'python-multipart',
      'pillow',
    ]),
  mlflow: () => pythonWith('bench-serving-mlflow', ['mlflow', 'scikit-learn', 'joblib']),
  mlserver: () => pythonWith('bench-serving-mlserver', ['mlserver', 'mlserver-sklearn', 'joblib']),
  feast: () => pythonWith('bench-feast', [...feastPackages, 'fastapi', 'uvicorn[standard]', 'onnxruntime']),
  bento: () => pythonWith('bench-serving-bento', ['bentoml', 'scikit-learn', 'joblib']),
}

const versionsOf = (python, names) => {
  const code = `import importlib.metadata as m; print(', '.join(n + ' ' + m.version(n) for n in ${JSON.stringify(names)}), end='')`
  return run(python, ['-c', code])
}

const waiting = 180_000

/** A program of ours: answers are waited for; where none comes, it does not run on. */
async function ours(args, { path, body, type, env = {}, folder }) {
  const port = await freePort()
  const flags = [program, ...args, '--port', String(port)]
  const server = start(process.execPath, flags, { env: { ...quiet, ...env }, stdio: 'ignore' })
  const stop = async () => {
    await server.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  const request = asked(`http://127.0.0.1:${port}${path}`, body, type)
  try {
    await untilAnswers(request.url, once(request), waiting)
  } catch (error) {
    await stop()
    throw error
  }
  return { name: 'Fabrique', request, stop, pid: server.pid, port }
}

const iris = { path: '/predict', body: { features: row } }

/** Ours with everything: project, database, registry. */
export async function irisOfFabrique(env = {}) {
  const folder = copyOf('iris')
  return ours(['up', folder], { ...iris, env, folder })
}

/** The project with its champion, at rest: for predictors alone. */
export async function irisProject() {
  const folder = copyOf('iris')
  const trained = await ours(['up', folder], iris)
  await trained.stop()
  return folder
}

/** So many processes that only answer predictions, behind one port. */
export const predictorsOfFabrique = (folder, processes) =>
  ours(['predictor', folder, '--processes', String(processes)], iris)

/** Ours on plain files: `fabrique serve`. */
export const filesOfFabrique = (model, asked) => ours(['serve', model, '--log-level', 'error'], asked)

/** The process that answers, of all that `fabrique up` starts. */
export function answeringProcess({ pid }) {
  const isServer = (id) => readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').includes('server')
  return memoryOf(pid).rows.find(({ id }) => isServer(id))?.id ?? pid
}

async function peer({ name, python, folder, args, command = python, path, body, type, health, names, env = {} }) {
  const port = await freePort()
  // MLflow starts programs by their names, as in an environment that was entered.
  const programs = `${dirname(python)}:${process.env.PATH}`
  const server = start(command, args(port), {
    cwd: folder,
    env: { ...process.env, PATH: programs, ...env },
    stdio: 'ignore',
  })
  const request = asked(`http://127.0.0.1:${port}${path}`, body, type)
  try {
    if (health !== undefined) await untilAnswers(`http://127.0.0.1:${port}${health}`, undefined, waiting)
    await untilAnswers(request.url, once(request), waiting)
  } catch (error) {
    await server.stop()
    throw error
  }
  return { name, request, stop: () => server.stop(), versions: versionsOf(python, names) }
}

const csv = join(root, 'examples', 'iris', 'data', 'iris.csv')

/** A folder with the forest, made by the Python that will serve it. */
function trained(python) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-peer-'))
  run(python, [join(here, 'iris_train.py'), csv, folder])
  for (const file of ['iris_fastapi.py', 'iris_bento.py', 'network_fastapi.py', 'mixed_fastapi.py']) {
    cpSync(join(here, file), join(folder, file))
  }
  return folder
}

const uvicorn = (app) => (port) => ['-m', 'uvicorn', `${app}:app`, '--port', String(port), '--log-level', 'warning']

export const irisPeers = {
  FastAPI: () => {
    const python = pythons.fastapi()
    const names = ['fastapi', 'uvicorn', 'scikit-learn']
    return peer({
      name: 'FastAPI',
      python,
      names,
      folder: trained(python),
      args: uvicorn('iris_fastapi'),
      path: '/predict',
      body: { features: row },
    })
  },
  MLflow: () => {
    const python = pythons.mlflow()
    const args = (port) => [
      'models',
      'serve',
      '-m',
      'mlflow-model',
      '--env-manager',
      'local',
      '--workers',
      '1',
      '--port',
      String(port),
    ]
    const command = join(python, '..', 'mlflow')
    const names = ['mlflow', 'scikit-learn']
    return peer({
      name: 'MLflow',
      python,
      command,
      names,
      folder: trained(python),
      args,
      path: '/invocations',
      body: { inputs: [row] },
    })
  },
  MLServer: () => {
    const python = pythons.mlserver()
    const folder = trained(python)
    const settings = {
      name: 'iris',
      implementation: 'mlserver_sklearn.SKLearnModel',
      parameters: { uri: './model.joblib' },
    }
    run(python, ['-c', `open('${folder}/model-settings.json', 'w').write('${JSON.stringify(settings)}')`])
    const body = { inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP64', data: row }] }
    return mlserver({ python, folder, body })
  },
  BentoML: () => {
    const python = pythons.bento()
    const args = (port) => ['serve', 'iris_bento:Iris', '--port', String(port)]
    const command = join(python, '..', 'bentoml')
    const names = ['bentoml', 'scikit-learn']
    return peer({
      name: 'BentoML',
      python,
      command,
      names,
      folder: trained(python),
      args,
      path: '/predict',
      body: { features: row },
    })
  },
}

async function mlserver({ python, folder, body }) {
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()]
  const env = {
    MLSERVER_HTTP_PORT: String(http),
    MLSERVER_GRPC_PORT: String(grpc),
    MLSERVER_METRICS_PORT: String(metrics),
    MLSERVER_PARALLEL_WORKERS: '0',
    MLSERVER_HOST: '127.0.0.1',
  }
  const server = start(join(python, '..', 'mlserver'), ['start', '.'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
  })
  const request = asked(`http://127.0.0.1:${http}/v2/models/iris/infer`, body)
  try {
    await untilAnswers(request.url, once(request), waiting)
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    name: 'MLServer',
    request,
    stop: () => server.stop(),
    versions: versionsOf(python, ['mlserver', 'scikit-learn']),
  }
}

/** The network of both sides, from one file. */
export async function networkServers() {
  const python = pythons.fastapi()
  const folder = trained(python)
  run(python, [join(here, 'network_make.py'), folder])
  const features = Array.from({ length: 512 }, (_, index) => Math.round(Math.sin(index) * 1e6) / 1e6)
  const tensors = { inputs: [{ name: 'x', shape: [1, 512], datatype: 'FP32', data: features }] }
  const names = ['fastapi', 'uvicorn', 'onnxruntime']
  return [
    await filesOfFabrique(folder, { path: '/v2/models/network/infer', body: tensors }),
    await peer({
      name: 'FastAPI',
      python,
      names,
      folder,
      args: uvicorn('network_fastapi'),
      path: '/predict',
      body: { features },
    }),
  ]
}

function formOf(picture, type) {
  const boundary = 'fabrique-bench'
  const head = (name, rest) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`
  const file = `; filename="picture"\r\nContent-Type: ${type}`
  const body = Buffer.concat([
    Buffer.from(`${head('text', '')}garden table\r\n${head('image', file)}`),
    picture,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  return { body, type: `multipart/form-data; boundary=${boundary}` }
}

/** A text and a picture, from one file: a JPEG, which both unpack and make smaller, and the same as bytes that are taken as they are. */
export async function formServers() {
  const python = pythons.fastapi()
  const folder = trained(python)
  run(python, [join(here, 'mixed_make.py'), folder])
  const names = ['fastapi', 'python-multipart', 'pillow', 'onnxruntime']
  const forms = {
    picture: formOf(readFileSync(join(folder, 'picture.jpg')), 'image/jpeg'),
    block: formOf(Buffer.alloc(3 * 184 * 184, 'fabrique'), 'application/octet-stream'),
  }
  const mine = await filesOfFabrique(folder, { path: '/v2/models/mixed/infer', ...forms.picture })
  try {
    const args = uvicorn('mixed_fastapi')
    const theirs = await peer({ name: 'FastAPI', python, names, folder, args, path: '/predict', ...forms.picture })
    const { body, type } = forms.block
    const blockOf = (server, path) => ({
      ...server,
      request: asked(new URL(path, server.request.url).href, body, type),
    })
    return {
      pictures: [mine, theirs],
      blocks: [blockOf(mine, '/v2/models/mixed/infer'), blockOf(theirs, '/block')],
    }
  } catch (error) {
    await mine.stop()
    throw error
  }
}

async function json(url, body) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const reply = await fetch(url, { headers: { 'content-type': 'application/json', connection: 'close' }, ...init })
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`)
  return reply.json()
}

const userAt = (index) => `u${String(index + 1).padStart(6, '0')}`

/**
 * The churn project of the examples, and FastAPI that asks Feast: both have the same values of the same users online, and compute the same file.
 * Throws where their answers differ.
 */
export async function userServers() {
  const python = pythons.feast()
  const project = copyOf('churn')
  const mine = await ours(['up', project], { path: '/predict', body: { user_id: userAt(0) }, folder: project })
  try {
    const url = `http://127.0.0.1:${mine.port}`
    const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-peer-'))
    const users = await layOutPeer({ url, folder })
    run(python, [join(here, 'churn_feast.py'), folder], { stdio: 'ignore' })
    cpSync(join(here, 'churn_fastapi.py'), join(folder, 'churn_fastapi.py'))
    const bodies = users.map((user_id) => JSON.stringify({ user_id }))
    const args = uvicorn('churn_fastapi')
    const names = ['fastapi', 'feast', 'onnxruntime']
    const theirs = await peer({ name: 'FastAPI + Feast', python, names, folder, args, path: '/predict', body: bodies })
    try {
      for (const user_id of users.slice(0, 20)) await refuseDifferent([mine, theirs], { user_id })
      return [{ ...mine, request: asked(`${url}/predict`, bodies) }, theirs]
    } catch (error) {
      await theirs.stop()
      throw error
    }
  } catch (error) {
    await mine.stop()
    throw error
  }
}

/** Writes the model and the online values of ours for the peer; gives the users that have values. */
async function layOutPeer({ url, folder }) {
  const [endpoint] = (await json(`${url}/api/v1/endpoints`)).items
  const { model, version, signature } = endpoint
  const files = `${url}/api/v1/models/${model}/versions/${version}/artifacts`
  const found = (await json(files)).items.find(({ path }) => path.endsWith('.onnx'))
  const file = await fetch(`${files}/file?path=${encodeURIComponent(found.path)}`)
  writeFileSync(join(folder, 'model.onnx'), Buffer.from(await file.arrayBuffer()))
  const all = Array.from({ length: 4000 }, (_, index) => userAt(index))
  const kinds = new Map(signature.features.map(({ name, type }) => [name, type]))
  const users = []
  const values = {}
  const views = {}
  for (let start = 0; start < all.length; start += 500) {
    const asked = all.slice(start, start + 500)
    const reply = await json(`${url}/predict`, { features: asked.map((user_id) => ({ user_id })) })
    for (const [index, { features_used }] of reply.predictions.entries()) {
      // Who is gone has none, and who is new has no usage yet.
      if (features_used.some(({ status }) => status !== 'PRESENT' && status !== 'NULL_VALUE')) continue
      users.push(asked[index])
      for (const { name, view, value } of features_used) {
        views[view] ??= {}
        views[view][name] = ['text', 'category'].includes(kinds.get(name)) ? 'text' : 'number'
        values[name] ??= []
        values[name].push(typeof value === 'boolean' ? Number(value) : value)
      }
    }
  }
  writeFileSync(join(folder, 'values.json'), JSON.stringify({ users, values, views }))
  return users
}

async function refuseDifferent(servers, body) {
  const [left, right] = await Promise.all(servers.map(({ request }) => json(request.url, body)))
  for (const [name, share] of Object.entries(left.probabilities)) {
    if (Math.abs(share - right.probabilities[name]) > 1e-6) {
      throw new Error(`${JSON.stringify(body)}: ${JSON.stringify(left)} against ${JSON.stringify(right)}`)
    }
  }
}
