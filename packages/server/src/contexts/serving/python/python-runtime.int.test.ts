import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { pollUntil } from '../../../kernel/index.js'
import { silentLog } from '../../../platform/logs/log.js'
import { readMlflowModel } from '../mlflow-model.js'
import type { SourceFiles } from '../model-source.js'
import type { Tensor } from '../runtime/tensor.js'
import { pythonOpener } from './python-opener.js'
import { openPythonRuntime, type PythonRuntime, type PythonRuntimeOptions } from './python-runtime.js'

/** A Python with the real `mlflow`: given by the suite of foreign clients. */
const python = process.env.TEST_MLFLOW_PYTHON ?? ''
const plainPython = 'python3'
const hasPlainPython = spawnSync(plainPython, ['--version']).status === 0
const support = (name: string) => fileURLToPath(new URL(`../../../../test/support/${name}`, import.meta.url))

interface Line {
  readonly message: string
  readonly [field: string]: unknown
}

const opened: PythonRuntime[] = []
const logged: Line[] = []
const note = (fields: Readonly<Record<string, unknown>>, message: string) => void logged.push({ ...fields, message })

async function open(folder: string, more: Partial<PythonRuntimeOptions> = {}): Promise<PythonRuntime> {
  const runtime = await openPythonRuntime({
    python,
    environment: { PATH: process.env.PATH ?? '', MLFLOW_DISABLE_TELEMETRY: 'true' },
    model: 'm',
    version: '1',
    folder,
    memoryBytesMax: 4 * 1024 ** 3,
    log: { debug: note, info: note, warn: note, error: note },
    clock,
    ...more,
  })
  opened.push(runtime)
  return runtime
}

afterEach(async () => {
  for (const runtime of opened.splice(0)) await runtime.release()
  logged.length = 0
})

const clock = { now: () => new Date(0), monotonicMs: () => performance.now() }

async function until(what: string, holds: () => boolean): Promise<void> {
  const held = await pollUntil(
    async () => holds(),
    (value) => value,
    { clock, waitMs: 240_000 },
  )
  if (!held) throw new Error(`It did not come about that ${what}`)
}

const texts = (name: string, values: readonly string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [values.length],
  data: values,
})
const doubles = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  name,
  datatype: 'FP64',
  shape,
  data: Float64Array.from(values),
})

/** The processes that carry a text in their command line. */
const processesWith = (text: string) =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  })

/** The process that has the model: the only child of the one that watches it. */
function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return Number(children[0])
}

describe.skipIf(!hasPlainPython)('a Python that cannot serve', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'python-model-'))
    writeFileSync(join(folder, 'MLmodel'), 'flavors: { python_function: { loader_module: mlflow.sklearn } }')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('since it is not there says so', async () => {
    await expect(open(folder, { python: '/nowhere/python' })).rejects.toThrow('There is no Python at /nowhere/python')
  })

  test('since it has no mlflow says so', async () => {
    // Without the packages of anybody.
    const environment = { PATH: process.env.PATH ?? '', PYTHONNOUSERSITE: '1', PYTHONPATH: folder }
    const isolated = execFileSync(plainPython, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
    await expect(open(folder, { python: isolated, environment })).rejects.toThrow(
      "Python cannot load it: ModuleNotFoundError: No module named 'mlflow'",
    )
  })

  test('since it is another program says how that ended', async () => {
    await expect(open(folder, { python: process.execPath })).rejects.toThrow('Its Python process ended with status 1')
  })

  test('since the model has no such flavour is not even started', async () => {
    const onnx = mkdtempSync(join(tmpdir(), 'python-model-'))
    writeFileSync(join(onnx, 'MLmodel'), 'flavors: { onnx: { data: model.onnx } }')
    await expect(open(onnx)).rejects.toThrow('It has no flavour python_function; it has onnx')
    rmSync(onnx, { recursive: true })
  })
})

describe.skipIf(python === '')('a model that Python computes', () => {
  let folder: string
  let answers: {
    readonly iris: readonly number[]
    readonly tensor: readonly number[][]
    readonly rows: readonly number[][]
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'python-models-'))
    execFileSync(python, [support('mlflow_models.py'), folder], { stdio: 'ignore' })
    answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const score = async (runtime: PythonRuntime, body: unknown, contentType = 'application/json') => {
    const reply = await runtime.invoke({ contentType, body: Buffer.from(JSON.stringify(body)) })
    return { ...reply, body: JSON.parse(Buffer.from(reply.body).toString()) }
  }

  test('a scikit-learn pickle with columns answers as in Python, in both ways', async () => {
    const runtime = await open(join(folder, 'iris'))
    expect(runtime.memoryBytes).toBeGreaterThan(50 * 1024 ** 2)
    const names = runtime.inputs.map(({ name }) => name)
    expect(runtime.inputs[0]).toEqual({ name: 'sepal length (cm)', datatype: 'FP64', shape: [-1] })
    expect(runtime.outputs).toEqual([{ name: 'output-0', datatype: 'INT64', shape: [-1] }])
    const columns = names.map((name, at) =>
      doubles(
        name,
        answers.rows.map((row) => row[at] ?? 0),
      ),
    )
    const [output] = await runtime.infer(columns)
    expect(output).toMatchObject({ name: 'output-0', datatype: 'INT64', shape: [150] })
    expect([...(output?.data ?? [])].map(Number)).toEqual(answers.iris)
    const reply = await score(runtime, { dataframe_split: { columns: names, data: answers.rows } })
    expect(reply).toMatchObject({ status: 200, contentType: 'application/json', body: { predictions: answers.iris } })
    const serving = JSON.parse(readFileSync(join(folder, 'iris', 'serving_input_example.json'), 'utf8'))
    expect((await score(runtime, serving)).body).toEqual({ predictions: answers.iris.slice(0, 2) })
  })

  test('a wrong body of the scoring protocol has the answer of MLflow, without its trace', async () => {
    const runtime = await open(join(folder, 'iris'))
    const wrong = await score(runtime, { nothing: 1 })
    expect(wrong).toMatchObject({ status: 400, body: { error_code: expect.stringMatching(/BAD_REQUEST|INVALID/) } })
    expect(JSON.stringify(wrong.body)).not.toContain('Traceback')
    expect(await score(runtime, { dataframe_split: { columns: ['a'], data: [[1]] } })).toMatchObject({ status: 400 })
    const other = await runtime.invoke({ contentType: 'text/html', body: Buffer.from('x') })
    expect(other).toMatchObject({ status: 415, contentType: 'text/plain' })
    const bytes = await runtime.invoke({ contentType: 'application/json', body: Uint8Array.of(0xff, 0xfe) })
    expect(bytes.status).toBe(400)
    const csv = await runtime.invoke({
      contentType: 'text/csv',
      body: Buffer.from(`${runtime.inputs.map(({ name }) => name).join(',')}\n5.1,3.5,1.4,0.2\n`),
    })
    expect(Buffer.from(csv.body).toString()).toBe('{"predictions": [0]}')
  })

  test('a tensor gives probabilities to the last bit', async () => {
    const runtime = await open(join(folder, 'tensor'))
    expect(runtime.inputs).toEqual([{ name: 'input-0', datatype: 'FP64', shape: [-1, 4] }])
    const [output] = await runtime.infer([doubles('input-0', answers.rows.flat(), [150, 4])])
    expect(output).toMatchObject({ name: 'output-0', datatype: 'FP64', shape: [150, 3] })
    expect([...(output?.data ?? [])]).toEqual(answers.tensor.flat())
    await expect(runtime.infer([doubles('input-0', [1, 2, 3], [1, 3])])).rejects.toMatchObject({ code: 'tensor_wrong' })
  })

  test('a model without a signature takes an array or a table', async () => {
    const runtime = await open(join(folder, 'bare'))
    expect([runtime.inputs, runtime.outputs]).toEqual([[], []])
    const [ofArray] = await runtime.infer([doubles('x', answers.rows.flat(), [150, 4])])
    const table = ['a', 'b', 'c', 'd'].map((name, at) =>
      doubles(
        name,
        answers.rows.map((row) => row[at] ?? 0),
      ),
    )
    const [ofTable] = await runtime.infer(table)
    expect(ofArray).toEqual(ofTable)
    expect(ofArray?.shape).toEqual([150])
    await expect(runtime.infer([])).rejects.toMatchObject({ code: 'tensor_wrong' })
    await expect(runtime.infer([texts('x', ['a', 'b'])])).rejects.toMatchObject({ code: 'tensor_wrong' })
  })

  test('columns of every type reach the model as what they are', async () => {
    const runtime = await open(join(folder, 'echo'))
    const outputs = await runtime.infer([
      texts('text', ['é 😀']),
      texts('moment', ['2024-05-06T07:08:09']),
      { name: 'flag', datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) },
      { name: 'small', datatype: 'INT32', shape: [1], data: Int32Array.of(-7) },
      { name: 'big', datatype: 'INT64', shape: [1], data: BigInt64Array.of(9007199254740993n) },
      { name: 'single', datatype: 'FP32', shape: [1], data: Float32Array.of(0.1) },
      texts('bytes', ['YWI=']),
      texts('list', ['[1, 2]']),
    ])
    const giveOf = (name: string) => outputs.find((output) => output.name === name)?.data[0]
    expect(['text', 'moment', 'bytes'].map((name) => giveOf(`type_${name}`))).toEqual(['str', 'Timestamp', 'bytes'])
    expect(giveOf('text')).toBe('é 😀')
    expect(giveOf('moment')).toBe('2024-05-06T07:08:09')
    expect(giveOf('flag')).toBe(1)
    expect(giveOf('small')).toBe(BigInt(-7))
    expect(giveOf('big')).toBe(9007199254740993n)
    expect(giveOf('single')).toBeCloseTo(0.1, 6)
    expect(giveOf('bytes')).toBe('YWI=')
    expect(giveOf('list')).toBe('[1, 2]')
  })

  test('a value that a column cannot have is refused by its name', async () => {
    const runtime = await open(join(folder, 'echo'))
    const columns: Tensor[] = [
      texts('text', ['x']),
      texts('moment', ['no day']),
      { name: 'flag', datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) },
      { name: 'small', datatype: 'INT32', shape: [1], data: Int32Array.of(1) },
      { name: 'big', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) },
      { name: 'single', datatype: 'FP32', shape: [1], data: Float32Array.of(1) },
      texts('bytes', ['YWI=']),
      texts('list', ['[1']),
    ]
    await expect(runtime.infer(columns)).rejects.toMatchObject({ code: 'tensor_wrong', field: 'moment' })
    columns[1] = texts('moment', ['2024-01-01'])
    await expect(runtime.infer(columns)).rejects.toMatchObject({ code: 'tensor_wrong', field: 'list' })
  })

  test('named tensors come and go', async () => {
    const runtime = await open(join(folder, 'shapes'))
    const grid: Tensor = { name: 'grid', datatype: 'FP32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }
    const given = [grid, texts('texts', ['a', 'bc'])]
    expect(await runtime.infer(given)).toEqual([
      { name: 'sums', datatype: 'FP32', shape: [2], data: Float32Array.of(6, 15) },
      { name: 'texts', datatype: 'BYTES', shape: [2], data: ['A', 'BC'] },
    ])
    expect((await runtime.infer(given, ['texts'])).map(({ name }) => name)).toEqual(['texts'])
    await expect(runtime.infer(given, ['none'])).rejects.toMatchObject({ code: 'tensor_wrong', field: 'none' })
  })

  test('its opener gives it the signature that /predict needs, and releases what was checked out for it', async () => {
    let released = 0
    const place = join(folder, 'line')
    const source: SourceFiles = {
      model: 'line',
      version: '1',
      signature: undefined,
      description: readMlflowModel(readFileSync(join(place, 'MLmodel'), 'utf8')),
      files: {
        paths: ['MLmodel'],
        read: async () => new Uint8Array(),
        checkOut: async () => ({
          folder: place,
          release: async () => {
            released += 1
          },
        }),
      },
    }
    const options = { environment: process.env, memoryBytesMax: 4 * 1024 ** 3, log: silentLog, clock }
    const observer = { executed: () => {} }
    await expect(pythonOpener({ ...options, python: undefined }).open(source, observer)).rejects.toMatchObject({
      code: 'python_not_configured',
    })
    const opener = pythonOpener({ ...options, python })
    expect(opener.takes(source)).toBe(true)
    const { runtime, signature } = await opener.open(source, observer)
    expect(signature).toMatchObject({ task: 'regression', target: { name: 'output-0' } })
    expect(signature?.features.map(({ name }) => name)).toEqual(runtime.inputs.map(({ name }) => name))
    expect(released).toBe(0)
    await runtime.release()
    expect(released).toBe(1)
    await expect(pythonOpener({ ...options, python: '/nowhere' }).open(source, observer)).rejects.toThrow('/nowhere')
    expect(released).toBe(2)
  })

  test('one that cannot be loaded says why, and leaves no process', async () => {
    await expect(open(join(folder, 'broken'))).rejects.toThrow(/^Python cannot load it: /)
    await expect.poll(() => processesWith(join(folder, 'broken'))).toEqual([])
  })

  test('one that is not ready in time is given up', async () => {
    await expect(open(join(folder, 'moody'), { bounds: { startMs: 50 } })).rejects.toThrow('not ready within 0.05 s')
    await until('its processes are gone', () => processesWith(join(folder, 'moody')).length === 0)
  })

  describe('that does what it likes', () => {
    const moody = (more: Partial<PythonRuntimeOptions> = {}) => open(join(folder, 'moody'), more)
    const wish = (runtime: PythonRuntime, text: string) => runtime.infer([texts('wish', [text])])
    const isBack = async (runtime: PythonRuntime) => {
      await until('it is ready', () => runtime.isReady)
      return wish(runtime, 'hello')
    }

    test('gives what it gives as tensors', async () => {
      const runtime = await moody()
      const given = async (text: string) =>
        (await wish(runtime, text)).map(({ name, datatype, shape, data }) => [name, datatype, [...shape], [...data]])
      expect(await given('scalar')).toEqual([['output-0', 'INT64', [1], [7n]]])
      expect(await given('big')).toEqual([['output-0', 'INT64', [2], [2n ** 63n - 1n, -(2n ** 63n)]]])
      expect(await given('halves')).toEqual([['output-0', 'FP16', [2], [0x3e00, 0x4000]]])
      expect(await given('ragged')).toEqual([['output-0', 'BYTES', [2], ['[1]', '[2, 3]']]])
      expect(await given('records')).toEqual([
        ['a', 'INT64', [2], [1n, 2n]],
        ['b', 'BYTES', [2], ['x', '']],
      ])
      expect(await given('moments')).toEqual([['output-0', 'BYTES', [2], ['2024-01-01T00:00:00', '']]])
      expect(await given('missing')).toEqual([
        ['n', 'FP64', [2], [1.5, Number.NaN]],
        ['i', 'FP64', [2], [1, Number.NaN]],
        ['b', 'BOOL', [2], [1, 0]],
      ])
      await expect(wish(runtime, 'generator')).rejects.toMatchObject({ code: 'model_failed' })
    })

    test('an argument that it says is wrong is the client’s; anything else is its own, and its text is not told', async () => {
      const runtime = await moody()
      await expect(wish(runtime, 'value')).rejects.toMatchObject({
        code: 'tensor_wrong',
        params: { input: 'wish', reason: "could not convert string to float: 'abc'" },
      })
      const failed = await wish(runtime, 'runtime').catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: 'model_failed' })
      expect(String(failed)).not.toContain('1234')
      await until('the log has it', () => logged.some(({ line }) => String(line).includes('the secret is 1234')))
      expect(runtime.isReady).toBe(true)
    })

    test('killed under load: who waits is told to come back, and a new one answers', async () => {
      const runtime = await moody()
      const first = (await wish(runtime, 'hello'))[0]?.data[0]
      const pid = runtime.pid ?? 0
      const asked = Array.from({ length: 50 }, () =>
        wish(runtime, 'hello').then(
          () => 'answered',
          (error) => error.code,
        ),
      )
      process.kill(childOf(pid), 'SIGKILL')
      const ends = new Set(await Promise.all(asked))
      expect(ends).toContain('model_restarting')
      expect([...ends].every((end) => end === 'answered' || end === 'model_restarting')).toBe(true)
      await expect(wish(runtime, 'hello')).rejects.toMatchObject({ code: 'model_restarting' })
      await expect(runtime.invoke({ contentType: 'text/csv', body: Buffer.from('') })).rejects.toMatchObject({
        code: 'model_restarting',
      })
      expect((await isBack(runtime))[0]?.data[0]).not.toBe(first)
      expect(logged.some(({ message }) => message === 'The Python process of a model died')).toBe(true)
    })

    test('the process that watches it killed: nothing of it stays, and a new one answers', async () => {
      const runtime = await moody()
      const before = (await wish(runtime, 'hello'))[0]?.data[0]
      process.kill(runtime.pid ?? 0, 'SIGKILL')
      await until('it is missed', () => !runtime.isReady)
      expect((await isBack(runtime))[0]?.data[0]).not.toBe(before)
      expect(processesWith(join(folder, 'moody')).length).toBe(2)
    })

    test('that ends itself, again and again, is replaced later each time', async () => {
      const runtime = await moody({ bounds: { delayMs: 1, delayMsMax: 100_000 } })
      for (let death = 0; death < 3; death += 1) {
        await expect(wish(runtime, 'die')).rejects.toMatchObject({ code: 'model_restarting' })
        await isBack(runtime)
      }
      const deaths = logged.filter(({ message }) => message === 'The Python process of a model died')
      expect(deaths.map(({ how, delay_ms }) => [how, delay_ms])).toEqual([
        ['status 3', 1],
        ['status 3', 2],
        ['status 3', 4],
      ])
    })

    test.each(['sleep', 'spin'])(
      'that takes too long (%s) is ended, and what waited is told to come back',
      async (text) => {
        // What the new process is asked at the end has to be answered within it too.
        const runtime = await moody({ bounds: { computeMs: 3000 } })
        const slow = wish(runtime, text)
        const next = wish(runtime, 'hello')
        await Promise.all([
          expect(slow).rejects.toMatchObject({
            code: 'model_failed',
            params: { reason: 'it did not answer within 3 s' },
          }),
          expect(next).rejects.toMatchObject({ code: 'model_restarting' }),
        ])
        await isBack(runtime)
      },
    )

    test('that answers when its time is over has not answered the next request', async () => {
      const runtime = await moody({ bounds: { computeMs: 1 } })
      const late = wish(runtime, 'scalar')
      const next = wish(runtime, 'hello')
      // Both answers are there when this thread goes on, and so is the end of the time.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
      await Promise.all([
        expect(late).rejects.toMatchObject({ code: 'model_failed' }),
        expect(next).rejects.toMatchObject({ code: 'model_restarting' }),
      ])
    })

    test('that takes too much memory is ended', async () => {
      const runtime = await moody({ memoryBytesMax: 700 * 1024 ** 2 })
      await expect(wish(runtime, 'eat')).rejects.toMatchObject({ code: 'model_restarting' })
      await isBack(runtime)
      expect(logged).toContainEqual(expect.objectContaining({ how: 'it took more memory than it may' }))
    })

    test('that gives more than an answer may have is ended', async () => {
      const runtime = await moody({ bounds: { answerBytesMax: 1_000_000 } })
      await expect(wish(runtime, 'huge')).rejects.toMatchObject({ code: 'model_restarting' })
      await isBack(runtime)
      expect(logged).toContainEqual(expect.objectContaining({ how: expect.stringContaining('are the most') }))
    })

    test('that never stops talking is heard in part, and answers', async () => {
      const runtime = await moody()
      await wish(runtime, 'talk')
      await wish(runtime, 'hello')
      const lines = logged.filter(({ line }) => String(line).startsWith('line '))
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.length).toBeLessThan(1000)
    })

    test('more requests than may wait are refused, and those that waited too long', async () => {
      const runtime = await moody({ bounds: { waitingMax: 2, computeMs: 2_000 } })
      const slow = expect(wish(runtime, 'sleep')).rejects.toMatchObject({ code: 'model_failed' })
      const asked = Array.from({ length: 5 }, () =>
        runtime.infer([texts('wish', ['x'])], undefined, { timeoutMs: 100 }),
      )
      const ends = await Promise.allSettled(asked)
      expect(ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'answered'))).toEqual([
        // With the process already; it ends with the one before.
        'model_restarting',
        'server_overloaded',
        'server_overloaded',
        'server_overloaded',
        'server_overloaded',
      ])
      await slow
    })

    test('released, it leaves no process, nor what it started', async () => {
      const runtime = await moody({ environment: { PATH: process.env.PATH ?? '', MOODY: 'released' } })
      await wish(runtime, 'child')
      await until('its child is there', () => processesWith('child of released').length === 1)
      const waiting = wish(runtime, 'sleep')
      await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'model_restarting' }), runtime.release()])
      await until('all is gone', () => processesWith('child of released').length === 0)
      expect(processesWith(join(folder, 'moody'))).toEqual([])
    })

    test.each(['', 'spin'])('ends with the process that asked, killed at once (it %s)', async (text) => {
      const child = spawn(
        process.execPath,
        [support('serve-python-process.mjs'), python, join(folder, 'moody'), text],
        {
          env: { PATH: process.env.PATH, MOODY: `killed ${text}` },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const [pid] = await new Promise<string[]>((resolve, reject) => {
        createInterface({ input: child.stdout }).once('line', (line) => resolve([line]))
        child.once('exit', () => reject(new Error('It ended before it was ready')))
      })
      await until('its child is there', () => processesWith(`child of killed ${text}`).length === 1)
      child.removeAllListeners('exit')
      child.kill('SIGKILL')
      await until('all is gone', () => processesWith(`child of killed ${text}`).length === 0)
      await until('Python is gone', () => !readdirSync('/proc').includes(pid ?? ''))
      expect(processesWith(join(folder, 'moody'))).toEqual([])
    })
  })
})
