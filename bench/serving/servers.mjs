// The servers that are measured: ours in its two forms, and the peers as their documents start them.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyOfIris, freePort, irisRequest, pythonWith, root, run, start, untilAnswers } from '../support/processes.mjs'
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
  bento: () => pythonWith('bench-serving-bento', ['bentoml', 'scikit-learn', 'joblib']),
}

const versionsOf = (python, names) => {
  const code = `import importlib.metadata as m; print(', '.join(n + ' ' + m.version(n) for n in ${JSON.stringify(names)}), end='')`
  return run(python, ['-c', code])
}

const waiting = 180_000

/** Ours with everything: project, database, registry. */
export async function irisOfFabrique(extra = {}) {
  const project = copyOfIris()
  const port = await freePort()
  const server = start(process.execPath, [program, 'up', project, '--port', String(port)], {
    env: { ...quiet, ...extra },
    stdio: 'ignore',
  })
  const request = asked(`http://127.0.0.1:${port}/predict`, { features: row })
  await untilAnswers(request.url, irisRequest, waiting)
  const stop = async () => {
    await server.stop()
    rmSync(project, { recursive: true, force: true })
  }
  return { name: 'Fabrique', request, stop, versions: '', pid: server.pid, port }
}

/** Ours on plain files: `fabrique serve`. */
export async function filesOfFabrique(model, { path, body, type }, extra = []) {
  const port = await freePort()
  const server = start(
    process.execPath,
    [program, 'serve', model, '--port', String(port), '--log-level', 'error', ...extra],
    {
      env: quiet,
      stdio: 'ignore',
    },
  )
  const request = asked(`http://127.0.0.1:${port}${path}`, body, type)
  await untilAnswers(request.url, once(request), waiting)
  return { name: 'Fabrique', request, stop: () => server.stop(), pid: server.pid, port }
}

async function peer({ name, python, folder, args, command = python, path, body, type, health, names, env = {} }) {
  const port = await freePort()
  const server = start(command, args(port), { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' })
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
  for (const file of ['iris_fastapi.py', 'iris_bento.py', 'network_fastapi.py']) {
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
