import { basename, dirname, join } from 'node:path/posix'
import { findingAt, importsOf, isScript, isTestFile, stringsOf } from './syntax.js'
import { type Finding, fileAt, type Rule, type SourceFile } from './tree.js'
import { type Manifest, packageOf, rootManifest, workspaceOf, workspacesOf } from './workspace.js'

/** What each of our packages may import of ours. The table stands in docs/architecture.md as well. */
const packageDirection: Readonly<Record<string, readonly string[]>> = {
  '@fabrique/contract': [],
  '@fabrique/ml': ['@fabrique/contract'],
  '@fabrique/server': ['@fabrique/contract', '@fabrique/ml'],
  '@fabrique/web': ['@fabrique/contract'],
  // The web pages are an asset to the command line: it resolves their manifest to find the built files.
  fabrique: ['@fabrique/contract', '@fabrique/ml', '@fabrique/server', '@fabrique/web/package.json'],
  'fabrique-bench': ['fabrique', '@fabrique/ml'],
}
const exampleDirection: readonly string[] = ['fabrique']

/** The contexts from low to high: one imports only those of lower rank. See docs/decisions/0006. */
export const contextRanks: Readonly<Record<string, number>> = {
  auth: 0,
  artifacts: 0,
  logs: 0,
  projects: 0,
  jobs: 0,
  lineage: 0,
  datasets: 1,
  validation: 2,
  features: 2,
  tracking: 2,
  remotes: 2,
  registry: 3,
  traces: 3,
  evaluation: 3,
  training: 3,
  predictions: 3,
  serving: 4,
  trash: 4,
  imports: 4,
  batches: 5,
  monitoring: 5,
  metrics: 5,
  rollouts: 5,
  explanations: 5,
  uptime: 5,
  flows: 6,
  alerts: 6,
  webhooks: 6,
}

const layers = ['kernel', 'platform', 'contexts', 'app'] as const

/** Packages import ours as the table says, through what their manifests export, and never by a path. */
export const packageImports: Rule = (files) => {
  const workspaces = workspacesOf(files)
  const ours = new Map(workspaces.map(({ manifest }) => [manifest.name, manifest]))
  const findings: Finding[] = []
  for (const file of files.filter(isScript)) {
    const workspace = workspaceOf(workspaces, file.path)
    if (workspace === undefined) continue
    const { folder, manifest } = workspace
    const allowed = packageDirection[manifest.name] ?? (folder.startsWith('examples/') ? exampleDirection : [])
    // A test may look at its own package as users of it do.
    const self = isTestFile(file) ? [manifest.name] : []
    for (const imported of importsOf(file)) {
      const { specifier } = imported
      const say = (message: string) => findings.push(findingAt(file, imported, message))
      if (specifier.startsWith('.')) {
        if (!`${join(dirname(file.path), specifier)}/`.startsWith(`${folder}/`)) {
          say(`leaves its package by ${specifier}: import the package by its name`)
        }
        continue
      }
      const name = packageOf(specifier)
      const target = name === undefined ? undefined : ours.get(name)
      if (name === undefined || target === undefined) continue
      if (![...allowed, ...self].some((known) => known === name || known === specifier)) {
        say(`${manifest.name} must not import ${specifier}: it may import ${allowed.join(', ') || 'nothing of ours'}`)
      } else if (!isExported(target, specifier)) {
        say(`${specifier} is inside ${name}: export what is needed from its index and import ${name}`)
      }
    }
  }
  return findings
}

function isExported(manifest: Manifest, specifier: string): boolean {
  const key = specifier === manifest.name ? '.' : `.${specifier.slice(manifest.name.length)}`
  return Object.hasOwn(manifest.exports ?? {}, key)
}

interface Place {
  readonly layer: (typeof layers)[number]
  readonly context: string | undefined
}

const serverSource = 'packages/server/src/'

function placeOf(path: string): Place | undefined {
  if (!path.startsWith(serverSource)) return undefined
  const [first = '', second = '', third] = path.slice(serverSource.length).split('/')
  const layer = layers.find((name) => name === first) ?? 'app'
  return { layer, context: layer === 'contexts' && third !== undefined ? second : undefined }
}

/** Inside the server: kernel <- platform <- contexts <- app, and contexts only of lower rank through their index. */
export const serverDirection: Rule = (files) => {
  const findings: Finding[] = []
  for (const file of files.filter(isScript)) {
    const from = placeOf(file.path)
    if (from === undefined) continue
    if (from.context !== undefined && contextRanks[from.context] === undefined) {
      findings.push({
        path: file.path,
        line: 1,
        message: `context ${from.context} has no rank: add it to contextRanks`,
      })
      continue
    }
    for (const imported of importsOf(file)) {
      if (!imported.specifier.startsWith('.')) continue
      const target = join(dirname(file.path), imported.specifier)
      const to = placeOf(target)
      if (to === undefined) {
        // Tests use the support files of the package; nothing else leaves `src`.
        if (!isTestFile(file))
          findings.push(findingAt(file, imported, `${imported.specifier} is outside src: move it in`))
        continue
      }
      const wrong = wrongStep(from, to, target)
      if (wrong !== undefined) findings.push(findingAt(file, imported, wrong))
    }
  }
  return findings
}

function wrongStep(from: Place, to: Place, target: string): string | undefined {
  if (layers.indexOf(to.layer) > layers.indexOf(from.layer)) {
    return `${from.layer} must not import ${to.layer}: pass it in from above, or tell it by an event`
  }
  if (to.context === undefined || to.context === from.context) return undefined
  // The second door of a context is what works on plain files, and loads nothing of the server; the third loads nothing of a database.
  const isDoor =
    /\/(index|files|standalone)\.js$/.test(target) && target.endsWith(`contexts/${to.context}/${basename(target)}`)
  if (!isDoor) {
    return `imports the inside of ${to.context}: import contexts/${to.context}/index.js`
  }
  if (from.context === undefined) return undefined
  const rank = contextRanks[from.context] ?? 0
  if ((contextRanks[to.context] ?? 99) < rank) return undefined
  return `${from.context} (rank ${rank}) must not import ${to.context} (rank ${contextRanks[to.context] ?? 'none'}): subscribe to its event, or move the code up`
}

type Heavy = Readonly<Record<string, string>>

/** What the roles of the server load at its first use: an idle server is to stay small. */
const heavyForRoles: Heavy = {
  '@fabrique/ml': 'take what is light from its sub-paths, and load the rest by `await import` where it is used',
  '@duckdb/node-api': 'take its types only, or call engineModule of platform/duckdb where it is used',
  'onnxruntime-node': 'load it by `await import` where it is used',
  sharp: 'load it by `await import` where it is used',
  '@aws-sdk/client-s3': 'load it by `await import` where it is used',
}

/** What only a server needs: loading it takes longer than most work on plain files. */
const secondDoor = 'import files.js of the context, and the folder of platform instead of all of it'
const heavyForStandalone: Heavy = { kysely: secondDoor, 'pino-roll': secondDoor }
const heavyForFiles: Heavy = { fastify: secondDoor, kysely: secondDoor, pg: secondDoor, 'pino-roll': secondDoor }

/** Where programs begin, and what none of them loads as it starts. */
const lightEntries: readonly { readonly name: string; readonly heavy: Heavy; readonly entries: readonly string[] }[] = [
  { name: 'the server', heavy: heavyForRoles, entries: ['app/all-roles.ts'] },
  { name: 'serving of plain files', heavy: { ...heavyForRoles, ...heavyForStandalone }, entries: ['serve.ts'] },
  {
    name: 'work on plain files',
    heavy: heavyForFiles,
    entries: [
      'files.ts',
      'check-files.ts',
      'drift-files.ts',
      'join-files.ts',
      'contexts/batches/predict-program.ts',
      'contexts/datasets/snapshots/query-program.ts',
      'contexts/explanations/explain-program.ts',
      'contexts/training/script-program.ts',
      'contexts/training/train-program.ts',
    ],
  },
]

/** Nothing that a program loads as it starts loads a heavy package. */
export const lightStart: Rule = (files) => {
  const known = new Map(files.filter(isScript).map((file) => [file.path, file]))
  return lightEntries.flatMap(({ name, heavy, entries }) => {
    const findings: Finding[] = []
    const reached = new Set(entries.flatMap((entry) => known.get(`packages/server/src/${entry}`) ?? []))
    for (const file of reached) {
      for (const imported of importsOf(file).filter(({ isLoaded }) => isLoaded)) {
        const { specifier } = imported
        const instead = heavy[specifier]
        if (instead !== undefined) {
          findings.push(findingAt(file, imported, `loads ${specifier} as ${name} starts: ${instead}`))
        }
        const target = known.get(join(dirname(file.path), specifier).replace(/\.js$/, '.ts'))
        if (specifier.startsWith('.') && target !== undefined) reached.add(target)
      }
    }
    return findings
  })
}

/** No file reaches itself through imports, types included. */
export const noCycles: Rule = (files) => {
  const scripts = files.filter(isScript)
  const known = new Set(scripts.map(({ path }) => path))
  const edges = new Map(scripts.map((file) => [file.path, targetsOf(file, known)]))
  return cyclesOf(edges).map((cycle) => {
    const first = fileAt(files, cycle[0] ?? '')
    const path = first?.path ?? ''
    const around = cycle.map((step) => step.slice(dirname(path).length + 1) || step).join(' -> ')
    return {
      path,
      line: 1,
      message: `import cycle of ${cycle.length} files: ${around}: move what they share into a file of its own`,
    }
  })
}

function targetsOf(file: SourceFile, known: ReadonlySet<string>): readonly string[] {
  return importsOf(file).flatMap(({ specifier }) => {
    if (!specifier.startsWith('.')) return []
    const target = join(dirname(file.path), specifier)
    const stem = target.replace(/\.(?:js|jsx|mjs)$/, '')
    const found = [target, `${stem}.ts`, `${stem}.tsx`, `${stem}.d.ts`].find((path) => known.has(path))
    return found === undefined ? [] : [found]
  })
}

/** The strongly connected components of more than one node, and nodes that point to themselves (Tarjan). */
function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const open = new Set<string>()
  const cycles: string[][] = []
  const enter = (node: string): void => {
    order.set(node, order.size)
    low.set(node, order.get(node) ?? 0)
    stack.push(node)
    open.add(node)
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) enter(next)
      if (open.has(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0))
    }
    if (low.get(node) !== order.get(node)) return
    const component = stack.splice(stack.indexOf(node))
    for (const member of component) open.delete(member)
    const isCycle = component.length > 1 || (edges.get(node) ?? []).includes(node)
    if (isCycle) cycles.push(component)
  }
  for (const node of edges.keys()) if (!order.has(node)) enter(node)
  return cycles
}

const dependencyKinds = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const

/** Files that only build or test a package: they may use development dependencies of the package and of the root. */
function isTooling(file: SourceFile): boolean {
  return isTestFile(file) || /(?:^|\/)[\w-]+\.config\.ts$/.test(file.path.replace(/(?:^|\/)fabrique\.config\.ts$/, ''))
}

/** Each import of a package stands in the manifest of the importer: hoisting would hide that it does not. */
export const declaredDependencies: Rule = (files) => {
  const workspaces = workspacesOf(files)
  const forAll = Object.keys(rootManifest(files)?.devDependencies ?? {})
  const findings: Finding[] = []
  for (const file of files.filter(isScript)) {
    const workspace = workspaceOf(workspaces, file.path)
    if (workspace === undefined) continue
    const { manifest } = workspace
    const declared = new Set([manifest.name, ...dependencyKinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))])
    if (isTooling(file))
      for (const name of [...forAll, ...Object.keys(manifest.devDependencies ?? {})]) declared.add(name)
    for (const imported of importsOf(file)) {
      const name = packageOf(imported.specifier)
      if (name === undefined || declared.has(name)) continue
      const where = `${workspace.folder}/package.json`
      findings.push(
        findingAt(file, imported, `imports ${name}, which ${where} does not declare: add it to dependencies`),
      )
    }
  }
  return findings
}

/** Declared dependencies that no source names, with the reason. */
const usedOtherwise: Readonly<Record<string, string>> = {
  'fabrique-example-iris > fabrique': 'provides the command of its start script',
  'fabrique-bench > fabrique': 'the benchmarks start its command',
}

/** Each declared dependency is used: imported, or named in a string as a file or a worker to load. */
export const usedDependencies: Rule = (files) => {
  const findings: Finding[] = []
  for (const { folder, manifest, file } of workspacesOf(files)) {
    const sources = files.filter((source) => source.path.startsWith(`${folder}/`) && source !== file)
    const named = new Set<string>()
    for (const source of sources.filter(isScript)) {
      for (const { specifier } of importsOf(source)) named.add(packageOf(specifier) ?? specifier)
      for (const text of stringsOf(source)) named.add(packageOf(text) ?? text)
    }
    for (const source of sources.filter(({ path }) => path.endsWith('.css'))) {
      for (const [, target = ''] of source.text.matchAll(/@import\s+(?:url\()?['"]([^'"]+)/g))
        named.add(packageOf(target) ?? '')
    }
    const scripts = Object.values(manifest.scripts ?? {}).join(' ')
    for (const kind of [...dependencyKinds, 'devDependencies'] as const) {
      for (const name of Object.keys(manifest[kind] ?? {})) {
        const typed = /^@types\/(.+)$/.exec(name)?.[1]
        const isUsed = named.has(typed ?? name) || new RegExp(`\\b${name}\\b`).test(scripts)
        if (isUsed || usedOtherwise[`${manifest.name} > ${name}`] !== undefined) continue
        const line = file.text.slice(0, file.text.indexOf(`"${name}"`)).split('\n').length
        findings.push({ path: file.path, line, message: `${name} is declared and not used: remove it from ${kind}` })
      }
    }
  }
  return findings
}
