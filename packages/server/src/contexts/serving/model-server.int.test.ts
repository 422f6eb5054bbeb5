import type { ModelSignature } from '@fabrique/contract'
import { afterEach, describe, expect, test } from 'vitest'
import { type MemorySource, memorySource } from '../../../test/support/memory-source.js'
import { echoFile, onnxFile } from '../../../test/support/onnx-file.js'
import { operatorModel, operatorSignature } from '../../../test/support/operator-model.js'
import { realClock, testClock } from '../../../test/support/test-clock.js'
import { limit } from '../../kernel/index.js'
import { silentLog } from '../../platform/logs/index.js'
import { type ModelServer, type ModelServerOptions, openModelServer } from './model-server.js'
import type { ModelOpener } from './model-source.js'
import { onnxOpener } from './onnx-opener.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import type { ServedModel } from './served-models.js'

const opened: ModelServer[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

const onnx = onnxOpener({ clock: realClock, threads: 1 })

/** Opens with the real runtime, and changes what it makes. */
function changed(change: (runtime: ModelRuntime, name: string) => Partial<ModelRuntime>): ModelOpener {
  return {
    takes: onnx.takes,
    async open(source, observer) {
      const { runtime, ...rest } = await onnx.open(source, observer)
      return { ...rest, runtime: { ...runtime, ...change(runtime, `${source.model} ${source.version}`) } }
    },
  }
}

function serve(source: MemorySource, options: Partial<ModelServerOptions> = {}): ModelServer {
  const server = openModelServer({
    source,
    openers: [onnx],
    clock: realClock,
    log: silentLog,
    defaultModel: undefined,
    ...options,
  })
  opened.push(server)
  return server
}

const addCalc = (source: MemorySource, operator: Parameters<typeof operatorModel>[0]) =>
  source.add('calc', operatorModel(operator), operatorSignature)

/** What a target says of 6 and 2. */
async function ask(server: ModelServer, target: Parameters<ModelServer['predict']>[0] = 'calc') {
  const { version, predictions } = await server.predict(target, { features: [6, 2] })
  return `${version}: ${predictions[0]?.prediction}`
}

const refused = (code: string, reason?: string) =>
  reason === undefined
    ? expect.objectContaining({ code })
    : expect.objectContaining({ code, params: expect.objectContaining({ reason }) })

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

async function until(isTrue: () => boolean | Promise<boolean>) {
  while (!(await isTrue())) await tick()
}

describe('names lead to versions', () => {
  test('by alias, by number, and to the champion by the name alone', async () => {
    const source = memorySource()
    for (const operator of ['Add', 'Sub', 'Mul'] as const) addCalc(source, operator)
    source.point('calc', 'champion', '1')
    source.point('calc', 'next', '2')
    const server = serve(source)
    await server.reconcile()
    expect(source.opened).toEqual(['calc 1', 'calc 2'])
    expect(await ask(server)).toBe('1: 8')
    expect(await ask(server, { model: 'calc', alias: 'next' })).toBe('2: 4')
    expect(await ask(server, { model: 'calc', version: '3' })).toBe('3: 12')
    expect(server.available()).toEqual([
      {
        model: 'calc',
        versions: [
          { version: '3', aliases: [], state: 'ready' },
          { version: '2', aliases: ['next'], state: 'ready' },
          { version: '1', aliases: ['champion'], state: 'ready' },
        ],
      },
    ])
  })

  test('that there are not are told of', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    const server = serve(source)
    await server.reconcile()
    await expect(ask(server)).rejects.toEqual(
      refused('model_not_served', 'none of its versions has the alias champion'),
    )
    const aliased = { model: 'calc', alias: 'next' }
    await expect(ask(server, aliased)).rejects.toEqual(
      refused('model_not_served', 'none of its versions has the alias next'),
    )
    await expect(ask(server, { model: 'calc', version: '7' })).rejects.toEqual(
      refused('model_not_served', 'it has no version 7'),
    )
    await expect(ask(server, 'other')).rejects.toEqual(refused('model_not_served', 'there is no such model'))
  })

  test('a version that the source does not list is found by its number, and lost when it is deleted', async () => {
    const source = memorySource()
    source.listsNamedOnly = true
    addCalc(source, 'Add')
    addCalc(source, 'Sub')
    source.point('calc', 'champion', '2')
    const server = serve(source)
    await server.reconcile()
    expect(await ask(server, { model: 'calc', version: '1' })).toBe('1: 8')
    await server.reconcile()
    expect(await ask(server, { model: 'calc', version: '1' })).toBe('1: 8')
    expect(source.opened).toEqual(['calc 2', 'calc 1'])
    source.remove('calc', '1')
    await server.reconcile()
    await expect(ask(server, { model: 'calc', version: '1' })).rejects.toEqual(
      refused('model_not_served', 'it has no version 1'),
    )
  })
})

describe('an alias that moves', () => {
  test('leads to the next version, and the one before leaves when its last request is answered', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    addCalc(source, 'Sub')
    source.point('calc', 'champion', '1')
    const released: string[] = []
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const opener = changed((runtime, name) => ({
      infer: async (inputs, outputs, options) => {
        // The example that a version is tried with has other numbers.
        if (name === 'calc 1' && inputs[0]?.data[0] === 6) await gate
        return runtime.infer(inputs, outputs, options)
      },
      release: async () => {
        released.push(name)
        await runtime.release()
      },
    }))
    const server = serve(source, { openers: [opener] })
    await server.reconcile()
    const slow = ask(server)
    await tick()
    source.point('calc', 'champion', '2')
    await server.reconcile()
    expect(await ask(server)).toBe('2: 4')
    expect(released).toEqual([])
    open()
    expect(await slow).toBe('1: 8')
    expect(released).toEqual(['calc 1'])
  })

  test('to a version that cannot be loaded leaves the one before in place, and says why', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    source.add('calc', { 'model.onnx': new TextEncoder().encode('no model') }, operatorSignature)
    source.point('calc', 'champion', '1')
    const server = serve(source)
    await server.reconcile()
    source.point('calc', 'champion', '2')
    await server.reconcile()
    expect(await ask(server)).toBe('1: 8')
    expect(server.endpoints()).toMatchObject([{ version: '1', state: 'failed', error: expect.stringMatching(/./) }])
    await expect(ask(server, { model: 'calc', version: '2' })).rejects.toEqual(refused('model_file_invalid'))
    const tried = source.opened.length
    await expect(ask(server, { model: 'calc', version: '2' })).rejects.toEqual(refused('model_file_invalid'))
    // What failed a moment ago is not read again for each request.
    expect(source.opened).toHaveLength(tried)
    source.point('calc', 'champion', '1')
    await server.reconcile()
    expect(server.endpoints()).toMatchObject([{ version: '1', state: 'ready' }])
  })

  test('away from a version that is deleted leaves it in place until the next is loaded', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    addCalc(source, 'Sub')
    source.point('calc', 'champion', '1')
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const released: string[] = []
    const noting = changed((_, name) => ({ release: async () => void released.push(name) }))
    const opener: ModelOpener = {
      takes: noting.takes,
      async open(files, observer) {
        if (files.version === '2') await gate
        return noting.open(files, observer)
      },
    }
    const server = serve(source, { openers: [opener] })
    await server.reconcile()
    // It stays in memory for those who ask for it by its number, until it is deleted.
    expect(await ask(server, { model: 'calc', version: '1' })).toBe('1: 8')
    source.point('calc', 'champion', '2')
    source.remove('calc', '1')
    const reconciled = server.reconcile()
    await tick()
    expect(await ask(server)).toBe('1: 8')
    await expect(ask(server, { model: 'calc', version: '1' })).rejects.toEqual(refused('model_not_served'))
    open()
    await reconciled
    expect(await ask(server)).toBe('2: 4')
    expect(released).toEqual(['calc 1'])
  })

  test('away altogether ends the service under it', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    source.point('calc', 'champion', '1')
    const told: [string, string | undefined][] = []
    const server = serve(source, { onServed: async (...change) => void told.push(change) })
    await server.reconcile()
    source.point('calc', 'champion', undefined)
    await server.reconcile()
    await expect(ask(server)).rejects.toEqual(refused('model_not_served'))
    expect(told).toEqual([
      ['calc', '1'],
      ['calc', undefined],
    ])
  })
})

/** Opens a version once its gate is open. */
function gated(version: string) {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const opener: ModelOpener = {
    takes: onnx.takes,
    async open(files, observer) {
      if (`${files.model} ${files.version}` === version) await gate
      return onnx.open(files, observer)
    },
  }
  return { opener, open: () => open() }
}

describe('a version that takes long to load', () => {
  test('holds up neither a look nor other models, and its own requests wait for it', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    source.add('other', operatorModel('Sub'), operatorSignature)
    source.point('calc', 'champion', '1')
    source.point('other', 'champion', '1')
    const { opener, open } = gated('calc 1')
    const server = serve(source, { openers: [opener] })
    await server.look()
    await tick()
    expect(await ask(server, 'other')).toBe('1: 4')
    await expect(server.predict({ model: 'calc', timeoutMs: 1 }, { features: [6, 2] })).rejects.toEqual(
      refused('server_overloaded', 'the model was not loaded within 1 ms'),
    )
    const waiting = ask(server)
    expect(server.endpoints()).toMatchObject([{ model: 'calc', version: '1', state: 'loading' }, { model: 'other' }])
    await server.look()
    await until(() => server.endpoints()[1]?.state === 'ready')
    open()
    expect(await waiting).toBe('1: 8')
    await server.reconcile()
    expect(server.endpoints().map(({ state }) => state)).toEqual(['ready', 'ready'])
    expect(source.opened).toEqual(['calc 1', 'other 1'])
  })

  test('is not served any more where its alias has moved on meanwhile', async () => {
    const source = memorySource()
    for (const operator of ['Add', 'Sub', 'Mul'] as const) addCalc(source, operator)
    source.point('calc', 'champion', '1')
    const { opener, open } = gated('calc 2')
    const server = serve(source, { openers: [opener] })
    await server.reconcile()
    source.point('calc', 'champion', '2')
    await server.look()
    source.point('calc', 'champion', '3')
    await server.look()
    await until(async () => (await ask(server)) === '3: 12')
    open()
    await server.reconcile()
    expect(await ask(server)).toBe('3: 12')
    expect(server.isReady({ model: 'calc', version: '2' })).toBe(false)
  })
})

test('a version that was deleted and made anew between two looks is loaded anew', async () => {
  const source = memorySource()
  addCalc(source, 'Add')
  source.point('calc', 'champion', '1')
  const server = serve(source)
  await server.reconcile()
  source.replace('calc', '1', operatorModel('Sub'))
  await server.reconcile()
  expect(await ask(server)).toBe('1: 4')
  expect(await ask(server, { model: 'calc', version: '1' })).toBe('1: 4')
})

test('a deleted version answers no more once its successor was tried, also where that fails', async () => {
  const source = memorySource()
  addCalc(source, 'Add')
  source.add('calc', { 'model.onnx': new TextEncoder().encode('no model') }, operatorSignature)
  source.point('calc', 'champion', '1')
  const server = serve(source)
  await server.reconcile()
  source.point('calc', 'champion', '2')
  source.remove('calc', '1')
  await server.reconcile()
  await expect(ask(server)).rejects.toEqual(refused('model_file_invalid'))
  expect(server.endpoints()).toMatchObject([{ version: '2', state: 'failed', error: expect.stringMatching(/./) }])
})

test.each([false, true])(
  'a version of a roll-out leaves with it, one that a request named stays (unlisted: %s)',
  async (listsNamedOnly) => {
    const source = memorySource()
    source.listsNamedOnly = listsNamedOnly
    for (const operator of ['Add', 'Sub', 'Mul'] as const) addCalc(source, operator)
    source.point('calc', 'champion', '1')
    let ahead = [{ model: 'calc', version: '2' }]
    const server = serve(source, { ahead: async () => ahead })
    const inMemory = () => ['1', '2', '3'].filter((version) => server.isReady({ model: 'calc', version }))
    await server.reconcile()
    expect(await ask(server, { model: 'calc', version: '2', variant: 'challenger' })).toBe('2: 4')
    expect(await ask(server, { model: 'calc', version: '3' })).toBe('3: 12')
    await server.reconcile()
    expect(inMemory()).toEqual(['1', '2', '3'])
    expect(source.opened).toEqual(['calc 1', 'calc 2', 'calc 3'])
    ahead = []
    await server.reconcile()
    expect(inMemory()).toEqual(['1', '3'])
  },
)

test('a version that is unloaded while it is being loaded leaves when it is loaded', async () => {
  const source = memorySource()
  addCalc(source, 'Add')
  source.point('calc', 'champion', '1')
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const released: string[] = []
  const opener = changed((_, name) => ({ release: async () => void released.push(name) }))
  const slow: ModelOpener = {
    takes: opener.takes,
    async open(files, observer) {
      await gate
      return opener.open(files, observer)
    },
  }
  const server = serve(source, { openers: [slow] })
  const reconciled = server.reconcile()
  await tick()
  const asked = ask(server)
  await server.unload({ model: 'calc' })
  open()
  await reconciled
  await expect(asked).rejects.toEqual(refused('model_not_served', 'version 1 was unloaded by hand'))
  expect(released).toEqual(['calc 1'])
  expect(server.isReady({ model: 'calc' })).toBe(false)
  await server.load({ model: 'calc' })
  expect(await ask(server)).toBe('1: 8')
})

describe('memory', () => {
  /** Models whose versions take 100 bytes each, behind one alias each. */
  function crowd(
    count: number,
    bytesMax: number,
    change: (runtime: ModelRuntime, name: string) => Partial<ModelRuntime> = () => ({}),
  ) {
    const source = memorySource()
    for (let index = 0; index < count; index += 1) {
      source.add(`m${index}`, operatorModel('Add'), operatorSignature)
      source.point(`m${index}`, 'champion', '1')
    }
    const opener = changed((runtime, name) => ({ memoryBytes: 100, ...change(runtime, name) }))
    return { source, server: serve(source, { openers: [opener], memoryBytesMax: bytesMax }) }
  }
  const loaded = (server: ModelServer) =>
    server.available().flatMap(({ model, versions }) => (versions[0]?.state === 'ready' ? [model] : []))

  test('what was not asked for longest leaves first, and comes back when it is asked for', async () => {
    const { server, source } = crowd(3, 200)
    await server.reconcile()
    expect(loaded(server)).toEqual(['m0', 'm1'])
    await ask(server, 'm0')
    expect(await ask(server, 'm2')).toBe('1: 8')
    expect(loaded(server)).toEqual(['m0', 'm2'])
    expect(await ask(server, 'm1')).toBe('1: 8')
    expect(loaded(server)).toEqual(['m1', 'm2'])
    // A look at the aliases brings nothing back that has left.
    await server.reconcile()
    expect(source.opened).toEqual(['m0 1', 'm1 1', 'm2 1', 'm1 1'])
  })

  test('what is in use never leaves', async () => {
    const { server } = crowd(2, 100)
    await server.reconcile()
    await server.use({ model: 'm0' }, async () => {
      await server.use({ model: 'm1' }, async ({ version }) => {
        expect(version).toBe('1')
        expect(loaded(server)).toEqual(['m0', 'm1'])
        await ask(server, 'm0')
      })
      // The other has left with its last request.
      expect(loaded(server)).toEqual(['m0'])
      await ask(server, 'm0')
    })
    expect(loaded(server)).toEqual(['m0'])
  })

  test('a model that is larger than all may be is refused with both sizes', async () => {
    const { server } = crowd(1, 99)
    await server.reconcile()
    const reason = 'It takes 1 MB, more than all models may together: FABRIQUE_MODELS_MEMORY_MB is 1'
    await expect(ask(server, 'm0')).rejects.toEqual(refused('model_file_invalid', reason))
  })

  test('what is loaded by hand stays; what is unloaded by hand is refused until it is loaded again', async () => {
    const { server } = crowd(3, 200)
    await server.reconcile()
    await server.load({ model: 'm0' })
    await ask(server, 'm1')
    await ask(server, 'm2')
    expect(loaded(server)).toEqual(['m0', 'm2'])
    await server.unload({ model: 'm0' })
    expect(server.isReady({ model: 'm0' })).toBe(false)
    await server.reconcile()
    await expect(ask(server, 'm0')).rejects.toEqual(refused('model_not_served', 'version 1 was unloaded by hand'))
    await server.load({ model: 'm0' })
    expect(await ask(server, 'm0')).toBe('1: 8')
    await expect(server.unload({ model: 'none' })).rejects.toEqual(refused('model_not_served'))
  })
})

describe('many requests', () => {
  test('that come while a version is loaded wait for it, and it is loaded once', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    const server = serve(source)
    await server.reconcile()
    const target = { model: 'calc', version: '1' }
    expect(await Promise.all([ask(server, target), ask(server, target)])).toEqual(['1: 8', '1: 8'])
    expect(source.opened).toEqual(['calc 1'])
  })

  test('wait no longer for a version than they may', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const opener: ModelOpener = {
      takes: onnx.takes,
      open: async (files, observer) => {
        await gate
        return onnx.open(files, observer)
      },
    }
    const server = serve(source, { openers: [opener] })
    const late = server.predict({ model: 'calc', version: '1', timeoutMs: 1 }, { features: [6, 2] })
    await expect(late).rejects.toEqual(refused('server_overloaded', 'the model was not loaded within 1 ms'))
    open()
    expect(await ask(server, { model: 'calc', version: '1' })).toBe('1: 8')
  })

  test('beyond those that may be under way are refused at once', async () => {
    const source = memorySource()
    addCalc(source, 'Add')
    source.point('calc', 'champion', '1')
    const server = serve(source)
    await server.reconcile()
    const all = await Promise.allSettled(Array.from({ length: limit('serving.waiting_max') + 5 }, () => ask(server)))
    const failed = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(failed).toHaveLength(5)
    expect(failed[0]).toEqual(refused('server_overloaded'))
    expect(await ask(server)).toBe('1: 8')
  })
})

test('figures count what was asked, apart from what was tried before', async () => {
  const source = memorySource()
  addCalc(source, 'Add')
  source.point('calc', 'champion', '1')
  const counted: unknown[] = []
  const predictionLog = {
    keep: () => 'pred_1',
    reserve: () => undefined,
    count: (...args: unknown[]) => void counted.push(args),
  }
  const clock = testClock()
  const server = serve(source, { clock, predictionLog })
  await server.reconcile()
  const requester = { requestId: 'r', actor: 'local', bytes: 10 }
  const { predictionId } = await server.predict(
    { model: 'calc', variant: 'B' },
    {
      features: [
        [1, 2],
        [3, 4],
      ],
    },
    requester,
  )
  expect(predictionId).toBe('pred_1')
  await expect(server.predict('calc', { features: ['a', 2] })).rejects.toMatchObject({ code: 'feature_value_wrong' })
  await server.use({ model: 'calc' }, async ({ runtime }) => runtime.inputs)
  const [found] = await server.statistics({ model: 'calc' })
  expect(found?.figures).toMatchObject({
    inferences: 2,
    executions: 1,
    success: { count: 1, ns: 0n },
    fail: { count: 0 },
    lastInference: clock.now(),
  })
  expect(counted).toEqual([
    [{ model: 'calc', version: '1', variant: 'B' }, 0, 'answered'],
    [{ model: 'calc', version: '1', variant: undefined }, 0, 'refused'],
  ])
})

describe('a model from elsewhere', () => {
  const folder = (signature: object | undefined, file: Uint8Array, data = 'net.onnx') => ({
    MLmodel: new TextEncoder().encode(
      JSON.stringify({
        flavors: { onnx: { data }, python_function: { loader_module: 'mlflow.onnx' } },
        ...(signature === undefined ? {} : { signature }),
      }),
    ),
    [data]: file,
  })
  const { 'model.onnx': net = new Uint8Array() } = operatorModel('Sub')
  const columns = (type: string) => ({
    inputs: JSON.stringify(['a', 'b'].map((name) => ({ name, type, required: true }))),
    outputs: JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1] } }]),
    params: null,
  })

  test('answers by the names of its MLflow signature where it gives one number', async () => {
    const source = memorySource()
    source.add('net', folder(columns('double'), net))
    source.point('net', 'champion', '1')
    const server = serve(source)
    await server.reconcile()
    expect(await ask(server, 'net')).toBe('1: 4')
    expect((await server.predict('net', { a: 6, b: 4 })).predictions).toEqual([{ prediction: 2 }])
    await expect(server.predict('net', { a: 6 })).rejects.toMatchObject({ code: 'feature_names_wrong' })
    expect(server.endpoints()).toMatchObject([{ model: 'net', signature: { task: 'regression' } }])
  })

  test('that tells a class, and probabilities by class in a map, answers as a classifier', async () => {
    const file = onnxFile({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['N', 2] }],
      outputs: [
        { name: 'said', datatype: 'INT64', shape: ['N'] },
        { name: 'by_class', datatype: 'FP32', shape: [], isMap: true },
      ],
      nodes: [
        { operator: 'Softmax', inputs: ['x'], outputs: ['shares'], ints: { axis: 1 } },
        { operator: 'ArgMax', inputs: ['x'], outputs: ['said'], ints: { axis: 1, keepdims: 0 } },
        {
          operator: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['shares'],
          outputs: ['by_class'],
          texts: { classlabels_strings: ['0', '1'] },
        },
      ],
    })
    const source = memorySource()
    source.add('net', folder(columns('float'), file))
    source.point('net', 'champion', '1')
    const server = serve(source)
    await server.reconcile()
    const { predictions } = await server.predict('net', { features: [{ a: 1, b: 1 }, [0, Math.log(3)]] })
    expect(predictions).toEqual([
      { prediction: '0', probabilities: { 0: 0.5, 1: 0.5 } },
      { prediction: '1', probabilities: { 0: expect.closeTo(0.25, 6), 1: expect.closeTo(0.75, 6) } },
    ])
    expect(server.endpoints()).toMatchObject([{ signature: { target: { name: 'said', classes: ['0', '1'] } } }])
  })

  test('without one is asked by tensors, and says so', async () => {
    const source = memorySource()
    source.add('net', folder(undefined, net))
    source.point('net', 'champion', '1')
    const server = serve(source)
    await server.reconcile()
    await expect(ask(server, 'net')).rejects.toMatchObject({ code: 'model_without_signature' })
    const outputs = await server.use({ model: 'net' }, ({ runtime }: ServedModel) =>
      runtime.infer(['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [1], data: Float32Array.of(3) }))),
    )
    expect(outputs).toMatchObject([{ name: 'prediction', data: Float32Array.of(0) }])
    expect(server.endpoints()).toEqual([])
  })

  test('whose converter added a map by class gives the tensor that it is made of', async () => {
    const file = onnxFile({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['N', 2] }],
      outputs: [
        { name: 'kept', datatype: 'FP32', shape: ['N', 2] },
        { name: 'by_class', datatype: 'FP32', shape: [], isMap: true },
      ],
      nodes: [
        { operator: 'Softmax', inputs: ['x'], outputs: ['shares'], ints: { axis: 1 } },
        { operator: 'Identity', inputs: ['x'], outputs: ['kept'] },
        {
          operator: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['shares'],
          outputs: ['by_class'],
          texts: { classlabels_strings: ['a', 'b'] },
        },
      ],
    })
    const source = memorySource()
    source.add('net', folder(undefined, file))
    const server = serve(source)
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(3, 3) } as const
    const answers = await server.use({ model: 'net', version: '1' }, ({ runtime }) => runtime.infer([x]))
    expect(answers.map(({ name, shape, data }) => [name, shape, data])).toEqual([
      ['kept', [1, 2], Float32Array.of(3, 3)],
      ['shares', [1, 2], Float32Array.of(0.5, 0.5)],
    ])
  })

  test.each([
    ['that no opener takes', { MLmodel: 'flavors: {catboost: {}}' }, 'It is of no kind that is served here: catboost'],
    ['without its file', { MLmodel: 'flavors: {onnx: {data: net.onnx}}' }, 'There is no net.onnx'],
    ['without any file', {}, 'It has no file model.onnx'],
    ['of several files', { 'a.onnx': 'x', 'b.onnx': 'x' }, 'It has several ONNX files: a.onnx, b.onnx'],
  ])('%s is refused with the reason', async (_what, texts, reason) => {
    const source = memorySource()
    const files = Object.entries(texts).map(([path, text]): [string, Uint8Array] => [
      path,
      new TextEncoder().encode(text),
    ])
    source.add('net', Object.fromEntries(files))
    const server = serve(source)
    const asked = ask(server, { model: 'net', version: '1' })
    await expect(asked).rejects.toEqual(refused('model_file_invalid', reason))
  })
})

describe('at once', () => {
  /** Sums that are there without a turn, as those of trees. */
  const quick = changed(() => ({
    inferNow: ([a, b], [name = '']) => {
      const rows = a?.data.length ?? 0
      const data = Float32Array.from({ length: rows }, (_, row) => Number(a?.data[row]) + Number(b?.data[row]))
      return [{ name, datatype: 'FP32', shape: [rows], data }]
    },
  }))
  const body = { features: [6, 2] }
  const requester = { requestId: 'req_1', actor: 'local', bytes: 20 }

  async function open(openers: readonly ModelOpener[], signature = operatorSignature) {
    const source = memorySource()
    source.add('calc', operatorModel('Add'), signature)
    source.point('calc', 'champion', '1')
    const told: unknown[] = []
    const predictionLog: ModelServerOptions['predictionLog'] = {
      keep({ durationMs: _, ...kept }) {
        told.push(kept)
        return 'pred_1'
      },
      reserve: () => undefined,
      count: (answerer, _, outcome) => told.push([answerer, outcome]),
    }
    const server = serve(source, { openers, predictionLog })
    await server.reconcile()
    return { server, told }
  }

  test('it answers, counts and keeps what it would answer later', async () => {
    const { server, told } = await open([quick])
    const target = { model: 'calc', alias: 'champion', variant: 'r:a' }
    const now = server.predictNow(target, body, requester)
    const toldNow = told.splice(0)
    expect(now).toEqual({
      model: 'calc',
      version: '1',
      predictions: [{ prediction: 8 }],
      single: true,
      predictionId: 'pred_1',
    })
    expect(await server.predict(target, body, requester)).toEqual(now)
    expect(told).toEqual(toldNow)
    const [{ figures } = {}] = await server.statistics({ model: 'calc', version: '1' })
    expect([figures?.inferences, figures?.executions, figures?.success.count]).toEqual([2, 2, 2])
  })

  test('what it cannot take is refused and counted alike', async () => {
    const { server, told } = await open([quick])
    const wrong = { features: [6] }
    expect(() => server.predictNow({ model: 'calc' }, wrong, requester)).toThrow(refused('feature_count_wrong'))
    const toldNow = told.splice(0)
    await expect(server.predict('calc', wrong, requester)).rejects.toEqual(refused('feature_count_wrong'))
    expect(told).toEqual(toldNow)
  })

  test('what has to be waited for is not', async () => {
    const { server, told } = await open([quick])
    const rows = Array.from({ length: limit('serving.rows_at_once_max') + 1 }, () => [1, 2])
    expect(server.predictNow({ model: 'calc' }, { features: rows }, requester)).toBeUndefined()
    expect(server.predictNow({ model: 'none' }, body, requester)).toBeUndefined()
    expect(server.predictNow({ model: 'calc', version: '2' }, body, requester)).toBeUndefined()
    expect((await open([onnx])).server.predictNow({ model: 'calc' }, body, requester)).toBeUndefined()
    const service = { project: 'p', service: 's', service_version: 1 }
    const feature_lookup: ModelSignature['feature_lookup'] = {
      ...service,
      ...{ keys: ['id'], features: ['a', 'b'], on_missing: 'error', defaults: {} },
    }
    const byKey = await open([quick], { ...operatorSignature, feature_lookup })
    expect(byKey.server.predictNow({ model: 'calc' }, { id: 1 }, requester)).toBeUndefined()
    expect(told).toEqual([])
  })
})

test('an echo of text is served by tensors too', async () => {
  const source = memorySource()
  source.add('echo', { 'model.onnx': echoFile('BYTES', ['N']) })
  const server = serve(source)
  const [y] = await server.use({ model: 'echo', version: '1' }, ({ runtime }) =>
    runtime.infer([{ name: 'x', datatype: 'BYTES', shape: [2], data: ['é', ''] }]),
  )
  expect(y?.data).toEqual(['é', ''])
})

test('a server that is closed releases what it holds', async () => {
  const source = memorySource()
  addCalc(source, 'Add')
  source.point('calc', 'champion', '1')
  const released: string[] = []
  const opener = changed((runtime, name) => ({
    release: async () => {
      released.push(name)
      await runtime.release()
    },
  }))
  const server = serve(source, { openers: [opener] })
  await server.reconcile()
  await server.close()
  expect(released).toEqual(['calc 1'])
})
