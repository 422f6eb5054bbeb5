// Python environments of the tests with foreign programs, one folder for each set of packages in .cache/.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (status) => resolve(status ?? 1)))
}

/** What learning and exported files are compared with. */
export const learningPackages = ['scikit-learn==1.9.1', 'onnx==1.23.2', 'onnxruntime==1.31.1']

const environments = new Map()

/** Makes an environment, or takes the one that has these packages. Resolves to its Python; several may be made at once. */
export function pythonOf(name, packages) {
  if (!environments.has(name)) environments.set(name, makeEnvironment(name, packages))
  return environments.get(name)
}

async function makeEnvironment(name, packages) {
  const folder = join(root, '.cache', `venv-${name}`)
  const python = join(folder, 'bin', 'python')
  const stamp = join(folder, 'packages.txt')
  const wanted = `${packages.join('\n')}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  console.error(`Making .cache/venv-${name}: ${packages.join(' ')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  if ((await run('python3', ['-m', 'venv', folder])) !== 0) {
    throw new Error(
      'python3 -m venv failed: install Python 3.10 or later with venv (Debian: apt-get install python3-venv)',
    )
  }
  if ((await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])) !== 0) {
    throw new Error(`pip could not install ${packages.join(' ')}`)
  }
  writeFileSync(stamp, wanted)
  return python
}
