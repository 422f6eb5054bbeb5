// One report in a process of its own, as drift_evidently.py makes one: `report-once.mjs REFERENCE CURRENT`. The last line is one JSON document; what is
// loaded before the first file is opened counts as import, as it does there.
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const server = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'server')

const [reference, current] = process.argv.slice(2)
const began = performance.now()
const { driftFiles } = await import(pathToFileURL(join(server, 'dist', 'drift-files.js')).href)
const { driftDocument } = await import('@fabrique/ml/drift')
const imported = performance.now()
const { report } = await driftFiles({
  mode: 'evidently',
  reference,
  current,
  threads: availableParallelism(),
  types: new Map(),
  methods: new Map(),
})
const text = JSON.stringify(driftDocument(report, { reference: { path: reference }, current: { path: current } }))
const ended = performance.now()
console.log(
  JSON.stringify({
    importSeconds: (imported - began) / 1000,
    runSeconds: (ended - imported) / 1000,
    columns: JSON.parse(text).columns.length,
  }),
)
