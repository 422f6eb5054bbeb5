import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, copyOfIris, type RunningFabrique, startFabrique, until } from '../support/running-fabrique.js'

/** A Python with the real `mlflow` and scikit-learn: given by the suite of foreign clients. */
const python = process.env.TEST_MLFLOW_PYTHON ?? ''

/** Logs a scikit-learn pickle as anybody would, and makes it the champion. */
const script = `
import inspect, sys
import mlflow
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

mlflow.set_tracking_uri(sys.argv[1])
rows, labels = load_iris(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(10, random_state=0).fit(rows, labels)
# MLflow 3 writes another format where it is not told to write pickles.
takes_format = "serialization_format" in inspect.signature(mlflow.sklearn.log_model).parameters
pickled = {"serialization_format": "cloudpickle"} if takes_format else {}
with mlflow.start_run():
    signature = mlflow.models.infer_signature(rows, forest.predict(rows))
    mlflow.sklearn.log_model(forest, "model", registered_model_name="forest", signature=signature, **pickled)
mlflow.MlflowClient().set_registered_model_alias("forest", "champion", "1")
`

interface Process {
  readonly pid: number
  readonly parent: number
}

/** The Python processes of models below a folder: the one that watches, and its child that has the model. */
const pythonsBelow = (folder: string): readonly Process[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (!command.includes('serve_model.py') || !command.includes(`${folder}/`)) return []
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? []
      return [{ pid: Number(name), parent: Number(parent) }]
    } catch {
      return []
    }
  })

const row = [5.1, 3.5, 1.4, 0.2]
const names = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)']

async function post(url: string, body: unknown) {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: reply.status, retryAfter: reply.headers.get('retry-after'), body: await reply.json() }
}

type Reply = Awaited<ReturnType<typeof post>>

describe.skipIf(python === '')('a scikit-learn pickle that the real mlflow has logged', () => {
  let folder: string
  let fabrique: RunningFabrique
  const pythons = () => pythonsBelow(folder)
  // What is checked out for Python goes where the test sees it.
  const start = (env: Readonly<Record<string, string>> = {}) =>
    startFabrique(folder, ['--port', '0'], { TMPDIR: folder, ...env })
  const checkedOut = () => readdirSync(folder).filter((name) => name.startsWith('fabrique-model-'))
  const askForest = (): Promise<Reply> =>
    post(`${fabrique.url}/api/v1/models/forest/invocations`, { dataframe_split: { columns: names, data: [row] } })
  const askIris = (): Promise<Reply> => post(`${fabrique.url}/api/v1/models/iris/predict`, { features: row })

  beforeAll(async () => {
    folder = copyOfIris()
    writeFileSync(join(folder, 'log_model.py'), script)
    fabrique = await start()
    execFileSync(python, [join(folder, 'log_model.py'), fabrique.url], { stdio: 'ignore' })
  }, 600_000)
  afterAll(() => cleanUp(folder))

  test('is not served where no Python is configured, and the answer says what to do', async () => {
    await until('the server knows of it', async () => (await askForest()).status !== 404)
    const reply = await post(`${fabrique.url}/api/v1/models/forest/predict`, { features: row })
    expect(reply).toMatchObject({
      status: 422,
      body: { code: 'python_not_configured', hint: expect.stringContaining('FABRIQUE_SERVE_PYTHON') },
    })
    expect(pythons()).toEqual([])
    await fabrique.end('SIGTERM')
    fabrique = await start({ FABRIQUE_SERVE_PYTHON: python })
  })

  test('answers in every protocol', async () => {
    await until('it is served', async () => (await askForest()).status === 200)
    expect((await askForest()).body).toEqual({ predictions: [0] })
    const inputs = names.map((name, at) => ({ name, datatype: 'FP64', shape: [1], data: [row[at]] }))
    expect((await post(`${fabrique.url}/v2/models/forest/infer`, { inputs })).body).toMatchObject({
      model_name: 'forest',
      model_version: '1',
      outputs: [{ name: 'output-0', datatype: 'INT64', shape: [1], data: [0] }],
    })
    expect(await post(`${fabrique.url}/v2/models/forest/infer`, { inputs: inputs.slice(1) })).toMatchObject({
      status: 400,
    })
  })

  test('killed under load it is replaced: errors are 503 with Retry-After, and nothing else suffers', async () => {
    let isOver = false
    const forest: Reply[] = []
    const iris: Reply[] = []
    const ask = async (one: () => Promise<Reply>, replies: Reply[]) => {
      while (!isOver)
        replies.push(await one().catch((error: unknown) => ({ status: 0, retryAfter: null, body: error })))
    }
    const load = [
      ...Array.from({ length: 16 }, () => ask(askForest, forest)),
      ...Array.from({ length: 4 }, () => ask(askIris, iris)),
    ]
    const answered = () => forest.filter(({ status }) => status === 200).length
    try {
      for (const victim of ['model', 'watch', 'model'] as const) {
        const before = answered()
        await until('it answers', async () => answered() > before + 20)
        const found = pythons()
        const pids = new Set(found.map(({ pid }) => pid))
        const killed = found.find(({ parent }) => pids.has(parent) === (victim === 'model'))
        if (killed === undefined) throw new Error(`There is no process to kill: ${JSON.stringify(found)}`)
        process.kill(killed.pid, 'SIGKILL')
        const refused = () => forest.filter(({ status }) => status === 503).length
        const refusedBefore = refused()
        await until('it is missed', async () => refused() > refusedBefore)
      }
      const after = answered()
      await until('it is back', async () => answered() > after + 20)
    } finally {
      isOver = true
      await Promise.all(load)
    }

    expect(new Set(forest.map(({ status }) => status))).toEqual(new Set([200, 503]))
    for (const { status, retryAfter, body } of forest) {
      if (status === 200) expect(body).toEqual({ predictions: [0] })
      else
        expect([retryAfter, body]).toEqual([
          '1',
          expect.objectContaining({ message: expect.stringContaining('restarted') }),
        ])
    }
    expect(iris.length).toBeGreaterThan(0)
    expect(iris.filter(({ status }) => status !== 200)).toEqual([])
    expect(pythons()).toHaveLength(2)
  })

  test('ends with a server that is killed at once, whose files are swept by the next', async () => {
    const left = checkedOut()
    expect(left).toHaveLength(1)
    const before = pythons().map(({ pid }) => pid)
    const watching = pythons().find(({ parent }) => !before.includes(parent))
    process.kill(watching?.parent ?? 0, 'SIGKILL')
    await until('Python is gone', async () => !pythons().some(({ pid }) => before.includes(pid)))
    const status = () =>
      askForest().then(
        (reply) => reply.status,
        () => undefined,
      )
    await until('it is served again', async () => (await status()) === 200)
    expect(checkedOut()).toHaveLength(1)
    expect(checkedOut()).not.toEqual(left)
    await fabrique.end('SIGTERM')
    expect([pythons(), checkedOut()]).toEqual([[], []])
  })
})
