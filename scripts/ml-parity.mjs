// `node scripts/ml-parity.mjs`: every estimator beside scikit-learn on real and generated sets, as a table, and the answers of every
// exported file in onnxruntime-node and in Python's onnxruntime. Fails where a score differs by more than 0.01.
// `--write` renews test/conformance/ml_parity/table.json; `--sets iris,telco` and `--estimators ridge,pca` do a part and compare only that;
// `--keep FOLDER` keeps what was trained. The last line is `N passed, N failed`. Needs python3 (3.11 or later) with venv.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { learningPackages, pythonOf } from './python-environment.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const checks = join(root, 'test', 'conformance')

/** Runs a program, hands on what it prints, and reads the counts of its last line; one failure where there is none. */
function counted(command, args) {
  const env = { ...process.env, PYTHONUNBUFFERED: '1' }
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env })
  process.stdout.write(stdout)
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(stdout)
  if (counts === null) return { passed: 0, failed: 1 }
  const failed = Number(counts[2])
  return { passed: Number(counts[1]), failed: failed === 0 && status !== 0 ? 1 : failed }
}

async function main() {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean' },
      sets: { type: 'string' },
      estimators: { type: 'string' },
      keep: { type: 'string' },
    },
  })
  const isPart = values.sets !== undefined || values.estimators !== undefined
  if (values.write === true && isPart) throw new Error('--write needs every set and every estimator')
  const python = await pythonOf('learning', learningPackages)
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'fabrique-learning-'))
  const parts = ['sets', 'estimators'].flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  )
  try {
    const written = spawnSync(
      process.execPath,
      [join(checks, 'ml_parity', 'write_experiments.mjs'), folder, ...parts],
      {
        stdio: 'inherit',
      },
    )
    if (written.status !== 0) throw new Error('Not every estimator could be trained')
    const scores = counted(python, [
      join(checks, 'ml_parity', 'table.py'),
      folder,
      ...(values.write === true ? ['--write'] : []),
    ])
    const answers = counted(python, [join(checks, 'ml_exports.py'), folder])
    const failed = scores.failed + answers.failed
    console.log(`\n${scores.passed + answers.passed} passed, ${failed} failed`)
    process.exitCode = failed === 0 ? 0 : 1
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

await main()
