// Opens the runtime of a model folder, tells when it is ready, and lives until it is killed.
import { openPythonRuntime } from '../../dist/contexts/serving/python/python-runtime.js'

const [python, folder, wish] = process.argv.slice(2)
const silent = () => {}
const runtime = await openPythonRuntime({
  python,
  environment: { PATH: process.env.PATH ?? '', MOODY: process.env.MOODY ?? '' },
  model: 'moody',
  version: '1',
  folder,
  memoryBytesMax: 4 * 1024 ** 3,
  log: { debug: silent, info: silent, warn: silent, error: silent },
  clock: { now: () => new Date(), monotonicMs: () => performance.now() },
})
const ask = (text) => runtime.infer([{ name: 'wish', datatype: 'BYTES', shape: [1], data: [text] }])
await ask('child')
// Asked before it is told of: what Python does by then is what was wished for.
if (wish !== '') ask(wish)
setImmediate(() => process.stdout.write(`${runtime.pid}\n`))
setInterval(silent, 1000)
