// Checks one file with a suite in a process of its own, and prints seconds, results and peak memory as JSON: FILE SUITE.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const { validateFile } = await import(pathToFileURL(join(root, 'packages', 'server', 'dist', 'files.js')).href)

const [path, suitePath] = process.argv.slice(2)
const suite = JSON.parse(readFileSync(suitePath, 'utf8'))
const began = performance.now()
const { evaluated } = await validateFile({ path, suite, now: new Date(), threads: availableParallelism() })
const seconds = (performance.now() - began) / 1000
const success = evaluated.map(({ expectation, success: holds }) => [expectation.type, holds])
console.log(JSON.stringify({ seconds, success, rssMb: process.resourceUsage().maxRSS / 1024 }))
