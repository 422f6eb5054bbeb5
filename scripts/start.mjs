// `npm start`: builds what changed, then runs `fabrique up` on the first example. Arguments are passed on.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
await import('./build.mjs')
const { main } = await import('../packages/fabrique/dist/cli/main.js')
const args = process.argv.slice(2)
const project = args[0] !== undefined && !args[0].startsWith('-') ? [] : [join(root, 'examples', 'iris')]
await main([process.execPath, 'fabrique', 'up', ...project, ...args])
