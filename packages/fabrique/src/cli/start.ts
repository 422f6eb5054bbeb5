import { statSync } from 'node:fs'

/** Verbs that are over sooner than what all commands need would be loaded. */
const fileVerbs: readonly string[] = ['data profile', 'data validate', 'drift report', 'features join']

/** Runs the command line: a short verb with as little as it needs, whatever else with the full program. */
export async function start(argv: readonly string[]): Promise<void> {
  const verb = argv.slice(2, 4).join(' ')
  if (fileVerbs.includes(verb)) {
    const { runFileVerb } = await bundled('file-verbs.js', () => import('./file-verbs.js'))
    return runFileVerb(argv)
  }
  if (verb === 'data add') {
    const { quickAdd, readAdding } = await bundled('quick-add.js', () => import('./quick-add.js'))
    const adding = readAdding(argv.slice(2))
    // Whatever is unusual about it is left to the full program.
    if (adding !== undefined) return quickAdd(adding, argv)
  }
  const { main } = await import('./main.js')
  await main(argv)
}

/** The packages that a bundle is made of, from here; none of an installed package was compiled later than it. */
const madeOf = ['../', '../../../contract/dist/', '../../../ml/dist/', '../../../server/dist/']

/** A program as the few files that the build makes of it, which are read sooner than its modules, unless one of these was compiled since. */
function bundled<Program>(name: string, load: () => Promise<Program>): Promise<Program> {
  const changedAt = (path: string) => statSync(new URL(path, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const bundle = `../bundled/${name}`
  const bundledAt = changedAt(bundle)
  const isNew = bundledAt > 0 && madeOf.every((folder) => changedAt(`${folder}.tsbuildinfo`) <= bundledAt)
  return isNew ? import(new URL(bundle, import.meta.url).href) : load()
}
