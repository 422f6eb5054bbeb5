// Builds every package when a source is newer than the last build; a no-op otherwise, so that `npm start` may call it each time.
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/** Newest modification time, in milliseconds, of the files below the folders that a build reads. */
function newestSource(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs)
  }
  return newest
}

/** Runs a program of an installed package; ends this one with its status when it fails. */
async function run(program, args, cwd) {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) process.exit(status ?? 1)
}

async function buildIfStale({ stamp, sources, build }) {
  const newest = Math.max(
    ...sources.map((source) => (statSync(source).isDirectory() ? newestSource(source) : statSync(source).mtimeMs)),
  )
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return
  const startedAt = new Date()
  await build()
  writeFileSync(stamp, '')
  utimesSync(stamp, startedAt, startedAt)
}

/** The path of a command that an installed package provides. */
function bin(name, command) {
  const manifestPath = require.resolve(`${name}/package.json`)
  const { bin: entry } = require(manifestPath)
  return join(dirname(manifestPath), typeof entry === 'string' ? entry : entry[command])
}

const packages = join(root, 'packages')
/** The examples that `fabrique init` writes; they travel in the package. */
const templates = ['iris', 'regression', 'synthetic', 'churn'].map((name) => join(root, 'examples', name))
const templatesFolder = join(packages, 'fabrique', 'dist', 'templates')

/** What was made there, and what `fabrique init` writes anew, stays behind. */
function copyTemplates() {
  rmSync(templatesFolder, { recursive: true, force: true })
  // The months of churn are made by its first start.
  const isLeft = (path) => /^(\..*|node_modules|package\.json|tsconfig\.json|seeds)$/.test(basename(path))
  for (const template of templates) {
    cpSync(template, join(templatesFolder, basename(template)), { recursive: true, filter: (path) => !isLeft(path) })
  }
}

/**
 * The package of the data engine as one file beside the module that loads it, with its licence. What it requires is looked for from the package
 * on, as if it were still there.
 */
async function bundleEngine() {
  const { build } = await import('vite')
  // What another version of Node compiled is of the file that was there before.
  for (const name of readdirSync(engineFolder)) if (name.endsWith('.cache')) rmSync(join(engineFolder, name))
  const entry = require.resolve('@duckdb/node-api')
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: engineFolder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        external: ['@duckdb/node-bindings'],
        output: {
          format: 'cjs',
          entryFileNames: 'node-api.cjs',
          banner: `/*\n${readFileSync(join(dirname(entry), '..', 'LICENSE'), 'utf8').trim()}\n*/`,
          intro: "var require = require('node:module').createRequire(require.resolve('@duckdb/node-api'))",
        },
      },
    },
  })
  await keepCompiled()
}

/** What starting the engine and reading a row compiles of that file, which a short process need not do again. */
async function keepCompiled() {
  const { keepCompiledEngine } = await import(pathToFileURL(join(engineFolder, 'engine-module.js')).href)
  await keepCompiledEngine(async ({ DuckDBInstance }) => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    const read = await connection.runAndReadAll("select 'a', 1::double, 1::integer, 1::bigint")
    read.getRows()
    connection.closeSync()
    instance.closeSync()
  })
}
const engineFolder = join(packages, 'server', 'dist', 'platform', 'duckdb')
/** What is compiled last when a package is compiled. */
const compiledOf = (names) => names.map((name) => join(packages, name, 'dist', '.tsbuildinfo'))
const bundleFolderOf = (name) => join(packages, name, 'dist', 'bundled')

/** Programs that run no code of users have all our packages in them; the others share them with a project, which brings its own. */
const programsOfServer = {
  alone: [
    [
      'contexts/training/train-program',
      'contexts/explanations/explain-program',
      'contexts/batches/predict-program',
      'contexts/datasets/snapshots/query-program',
    ],
  ],
  shared: ['app/all-roles'],
}
/**
 * A short program is not to look for small packages on the disk: those are in it too, and their licences beside it. Nor is it to load what
 * only the other one needs.
 */
const programsOfCommandLine = {
  alone: [['cli/file-verbs'], ['cli/quick-add']],
  shared: [],
  inlined: ['commander', 'picocolors', 'zod'],
}

/**
 * Programs of a package as few files each, in a folder of their own: `findBundle` takes them while they are new. What a module looks for
 * beside itself is beside what it was made from.
 */
async function bundlePrograms(name, { alone, shared, inlined = [] }) {
  const { build } = await import('vite')
  const startedAt = new Date()
  const folder = bundleFolderOf(name)
  // A build that is cut off leaves what there was, and two at once do not take each other's files.
  const work = `${folder}-${process.pid}`
  const entries = (paths) =>
    Object.fromEntries(paths.map((path) => [basename(path), join(packages, name, 'dist', `${path}.js`)]))
  const bundle = (paths, isAlone) =>
    build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      plugins: [keepAddresses(name)],
      ssr: {
        noExternal: isAlone ? [/^@fabrique\//, ...inlined] : [],
        external: isAlone ? [] : ['@fabrique/contract', '@fabrique/ml'],
      },
      build: {
        ssr: true,
        outDir: work,
        emptyOutDir: false,
        minify: false,
        target: 'node20',
        rolldownOptions: {
          input: entries(paths),
          // A module of ours that nothing is taken from does nothing.
          treeshake: { moduleSideEffects: isAlone ? (id) => !/[/\\]packages[/\\]/.test(id) : true },
          output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
        },
      },
    })
  try {
    for (const some of alone) await bundle(some, true)
    if (shared.length > 0) await bundle(shared, false)
    if (inlined.length > 0) writeFileSync(join(work, 'LICENSES.txt'), inlined.map(licenceOf).join('\n'))
    mkdirSync(folder, { recursive: true })
    // The programs last, when there is what they load.
    const isProgram = (file) => [...alone.flat(), ...shared].some((path) => file === `${basename(path)}.js`)
    const files = readdirSync(work)
    for (const file of [...files.filter((one) => !isProgram(one)), ...files.filter(isProgram)]) {
      // As old as what they were made from: what is compiled meanwhile is newer.
      utimesSync(join(work, file), startedAt, startedAt)
      renameSync(join(work, file), join(folder, file))
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  // Those of earlier builds may be parts of a server that runs.
  for (const file of readdirSync(folder)) {
    const path = join(folder, file)
    if (statSync(path).mtimeMs < startedAt.getTime() - 86_400_000) rmSync(path)
  }
}

function licenceOf(name) {
  const path = join(dirname(require.resolve(name)), 'LICENSE')
  return `${name}\n\n${readFileSync(path, 'utf8').trim()}\n`
}

/**
 * A module looks for what is beside it where it was, not where its bundle is. Our packages stand beside each other, in this repository as
 * where they are installed; only of `fabrique` the others are elsewhere there, and are asked for by name.
 */
const keepAddresses = (name) => ({
  name: 'keep-addresses',
  enforce: 'pre',
  transform(code, id) {
    if (id.startsWith('\0') || !code.includes('import.meta.url')) return undefined
    const [, other, path] = /^([^/]+)\/dist\/(.*)$/.exec(relative(packages, id).replaceAll('\\', '/')) ?? []
    const isElsewhere = name === 'fabrique' && other !== undefined && other !== name
    const place = isElsewhere ? `./${path}` : relative(bundleFolderOf(name), id).replaceAll('\\', '/')
    const from = isElsewhere ? `import.meta.resolve("@fabrique/${other}")` : 'import.meta.url'
    return { code: code.replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, ${from}).href`), map: null }
  },
})
const lockfile = join(root, 'node_modules', '.package-lock.json')
const tsc = (name) => run(bin('typescript', 'tsc'), ['-b', join(packages, name)], root)
const src = (name) => join(packages, name, 'src')

// The contract first: the pages are built from its routes. Then the programs and the pages at once.
await buildIfStale({
  stamp: join(packages, 'contract', 'dist', '.stamp'),
  sources: [lockfile, src('contract')],
  build: () => tsc('contract'),
})
await Promise.all([
  buildIfStale({
    stamp: join(packages, 'fabrique', 'dist', '.stamp'),
    sources: [lockfile, ...['contract', 'ml', 'server', 'fabrique'].map(src)],
    build: () => tsc('fabrique'),
  }),
  buildIfStale({
    stamp: join(packages, 'web', 'dist', '.stamp'),
    sources: [lockfile, src('contract'), src('web'), join(packages, 'web', 'index.html')],
    build: () => run(bin('vite', 'vite'), ['build', '--logLevel', 'warn'], join(packages, 'web')),
  }),
])
await buildIfStale({
  stamp: join(engineFolder, '.stamp'),
  sources: [lockfile, fileURLToPath(import.meta.url), join(src('server'), 'platform', 'duckdb', 'engine-module.ts')],
  build: bundleEngine,
})
for (const [name, programs, made] of [
  ['server', programsOfServer, ['contract', 'ml', 'server']],
  ['fabrique', programsOfCommandLine, ['contract', 'ml', 'server', 'fabrique']],
]) {
  await buildIfStale({
    stamp: join(bundleFolderOf(name), '.stamp'),
    sources: [lockfile, fileURLToPath(import.meta.url), ...compiledOf(made)],
    build: () => bundlePrograms(name, programs),
  })
}
await buildIfStale({ stamp: join(templatesFolder, '.stamp'), sources: templates, build: copyTemplates })
