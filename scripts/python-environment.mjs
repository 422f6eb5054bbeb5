// Python environments of the tests with foreign programs, one folder for each set of packages in .cache/.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cache = join(root, '.cache')

async function run(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (status) => resolve(status ?? 1)))
}

/** What learning and exported files are compared with. */
export const learningPackages = ['scikit-learn==1.9.1', 'onnx==1.23.2', 'onnxruntime==1.31.1']

/** It installs: what several environments have is fetched and unpacked once. Where it cannot, pip does. */
const uvPackages = ['uv==0.13.9']
/** What a machine tells pip about its package index, and where uv looks for the same. */
const uvNames = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'trusted-host': 'UV_INSECURE_HOST',
  'find-links': 'UV_FIND_LINKS',
  cert: 'SSL_CERT_FILE',
  proxy: 'ALL_PROXY',
}

const environments = new Map()
/** Found once, when the first environment is made. */
let installer

/** Makes an environment, or takes the one that has these packages. Resolves to its Python; several may be made at once. */
export function pythonOf(name, packages) {
  if (!environments.has(name)) environments.set(name, makeEnvironment(name, packages))
  return environments.get(name)
}

async function makeEnvironment(name, packages) {
  const folder = join(cache, `venv-${name}`)
  const python = join(folder, 'bin', 'python')
  const stamp = join(folder, 'packages.txt')
  const wanted = `${packages.join('\n')}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  console.error(`Making .cache/venv-${name}: ${packages.join(' ')}`)
  if (!(await installWithUv(folder, packages))) await installWithPip(folder, packages)
  writeFileSync(stamp, wanted)
  return python
}

async function makeEmpty(folder, ...more) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  if ((await run('python3', ['-m', 'venv', ...more, folder])) === 0) return
  throw new Error(
    'python3 -m venv failed: install Python 3.10 or later with venv (Debian: apt-get install python3-venv)',
  )
}

async function installWithPip(folder, packages) {
  await makeEmpty(folder)
  // Most modules are never imported: compiling all of them beforehand would cost more than the rest.
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', ...packages]
  if ((await run(join(folder, 'bin', 'python'), args)) !== 0) {
    throw new Error(`pip could not install ${packages.join(' ')}`)
  }
}

/** Whether it did. Its cache lies beside the environments, so that files of both are the same on the disk. */
async function installWithUv(folder, packages) {
  installer ??= findInstaller()
  const found = await installer
  if (found === undefined) return false
  await makeEmpty(folder, '--without-pip')
  // Clients look for pip to tell what they were made with.
  const args = ['pip', 'install', '--quiet', '--python', join(folder, 'bin', 'python'), 'pip', ...packages]
  if ((await run(found.program, args, found.env)) === 0) return true
  console.error(`uv could not make ${folder}: pip does it instead`)
  return false
}

async function findInstaller() {
  const folder = join(cache, 'venv-uv')
  const program = join(folder, 'bin', 'uv')
  const python = join(folder, 'bin', 'python')
  try {
    const stamp = join(folder, 'packages.txt')
    const wanted = `${uvPackages.join('\n')}\n`
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
      await installWithPip(folder, uvPackages)
      writeFileSync(stamp, wanted)
    }
    return { program, env: { ...process.env, ...uvSettings(python), UV_CACHE_DIR: join(cache, 'uv') } }
  } catch (error) {
    console.error(`uv is not to be had, pip does it all: ${error.message}`)
    return undefined
  }
}

/** The package index that pip was told of, wherever it was told. */
function uvSettings(python) {
  const { stdout } = spawnSync(python, ['-m', 'pip', 'config', 'list'], { encoding: 'utf8' })
  const found = [...stdout.matchAll(/^([\w:]+)\.([\w-]+)='(.*)'$/gm)].map(([, place, name, text]) => ({
    place,
    name,
    text,
  }))
  // What the environment says counts most, as with pip.
  const ordered = [...found.filter(({ place }) => place !== ':env:'), ...found.filter(({ place }) => place === ':env:')]
  const told = ordered.flatMap(({ name, text }) => {
    const values = text
      .split(/\\n|\s+/)
      .filter((value) => value !== '' && (!value.startsWith('/') || existsSync(value)))
    return uvNames[name] === undefined || values.length === 0 ? [] : [[uvNames[name], values]]
  })
  const settings = told.map(([name, values]) => [name, values.join(name === 'UV_FIND_LINKS' ? ',' : ' ')])
  // As pip does: the best version of all indexes, whichever has it.
  return {
    UV_INDEX_STRATEGY: 'unsafe-best-match',
    UV_NO_CONFIG: '1',
    UV_HTTP_TIMEOUT: '180',
    ...Object.fromEntries(settings),
  }
}
