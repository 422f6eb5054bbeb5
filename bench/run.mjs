// `npm run bench -- NAME`: runs one benchmark against its real peers in the same run and prints the ratios.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'bench.mjs')))
const [name, ...args] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`)
  process.exit(2)
}
const { bench } = await import(join(folder, name, 'bench.mjs'))
await bench(args)
