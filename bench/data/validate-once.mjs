// Checks one file with a suite in a process of its own, and prints seconds, results and peak memory as JSON: FILE SUITE [PROFILE]. With the
// profile of a snapshot the file is that of the snapshot, and is checked as the server does. Libraries are loaded before the clock starts;
// `first` is the first check of the process, `seconds` and `cpuSeconds` are the median of those that follow.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const server = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'server')
const load = (path) => import(pathToFileURL(join(server, 'dist', path)).href)
const { openFileEngine, validateFile } = await load('files.js')
const { evaluateSuite, fromGxSuite } = await load(join('contexts', 'validation', 'engine', 'index.js'))
await import(pathToFileURL(join(server, '..', '..', 'node_modules', '@duckdb', 'node-api', 'lib', 'index.js')).href)

const [path, suitePath, profilePath] = process.argv.slice(2)
const suite = JSON.parse(readFileSync(suitePath, 'utf8'))
const threads = availableParallelism()
const now = new Date()

const rounds = 5

let engine
/** The first round starts the engine, which a server keeps while it is in use; each round reads everything again. */
async function checkSnapshot() {
  engine ??= await openFileEngine({ threads })
  const profile = JSON.parse(readFileSync(profilePath, 'utf8'))
  const { expectations } = fromGxSuite(suite)
  const evaluated = await engine.use(path, (connection, { table }) =>
    evaluateSuite(connection, table, { profile }, expectations, { resultFormat: 'BASIC', now }),
  )
  return { evaluated }
}

const check = () => (profilePath === undefined ? validateFile({ path, suite, now, threads }) : checkSnapshot())
const times = []
let success = []
for (let round = 0; round < rounds; round += 1) {
  const before = process.cpuUsage()
  const began = performance.now()
  const { evaluated } = await check()
  const seconds = (performance.now() - began) / 1000
  const cpu = process.cpuUsage(before)
  times.push({ seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6 })
  success = evaluated.map(({ expectation, success: holds }) => [expectation.type, holds])
}
await engine?.close()
const middle = (key) =>
  times
    .slice(1)
    .map((time) => time[key])
    .sort((left, right) => left - right)[(rounds - 1) >> 1]
const rssMb = process.resourceUsage().maxRSS / 1024
const [first] = times
console.log(
  JSON.stringify({
    first: first.seconds,
    seconds: middle('seconds'),
    cpuSeconds: middle('cpuSeconds'),
    success,
    rssMb,
  }),
)
