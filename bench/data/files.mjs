// Adding many small files, and adding again a folder in which nothing changed, against the real dvc on the same files; both as a user
// sees it: from the command to its end, ours through a running server.
import { spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { copyOfIris, freePort, median, pythonWith, root, run, start, untilAnswers } from '../support/processes.mjs'

const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
const rounds = 3

/** Random files, so many in each of a hundred folders. */
function makeFiles(folder, count, bytes) {
  const content = Buffer.alloc(bytes)
  for (let at = 0; at < count; at += 1) {
    const parent = join(folder, `c${at % 100}`)
    mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, `f${at}.bin`), randomFillSync(content))
  }
}

/** Brings files to memory where the system put them out of it since they were made: to fetch them from disk is work of neither. */
function readFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) readFileSync(join(entry.parentPath ?? entry.path, entry.name))
  }
}

/** Seconds that a command takes. */
function timed(command, args, options) {
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options })
  const seconds = (performance.now() - began) / 1000
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`)
  return { seconds, stdout }
}

const cases = [
  { name: 'add 10,000 files of 10 KB', count: 10_000, bytes: 10 * 1024, first: true, bound: 5 },
  { name: 'add again, unchanged: 10,000 files of 10 KB', count: 10_000, bytes: 10 * 1024, bound: 0 },
  { name: 'add again, unchanged: 5 GB in 5,000 files of 1 MB', count: 5_000, bytes: 1024 * 1024, bound: 10 },
  { name: 'add again, unchanged: 5 GB in 500 files of 10 MB', count: 500, bytes: 10 * 1024 * 1024, bound: 10 },
]

/** Prints the table; `--small` uses a hundredth of the data. Gives the rows. */
export async function files(args = []) {
  const scale = args.includes('--small') ? 100 : 1
  const dvc = join(pythonWith('dvc', ['dvc']), '..', 'dvc')
  const version = run(dvc, ['--version']).trim()
  const rows = []
  for (const spec of cases) {
    const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-files-'))
    const project = copyOfIris()
    const port = await freePort()
    const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off', DVC_NO_ANALYTICS: '1' }
    const server = start(process.execPath, [program, 'up', project, '--port', String(port)], { env, stdio: 'ignore' })
    try {
      // Content that was added once is known: to add again for the first time takes other files.
      const names = Array.from({ length: spec.first === true ? rounds : 1 }, (_, round) => `data${round}`)
      for (const name of names) makeFiles(join(folder, name), Math.max(1, spec.count / scale), spec.bytes)
      run('git', ['-C', folder, 'init', '--quiet'])
      timed(dvc, ['init', '--quiet'], { cwd: folder, env })
      await untilAnswers(`http://127.0.0.1:${port}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"features":[5.1,3.5,1.4,0.2]}',
      })
      // A file that was written a moment ago is not trusted by either. Writing back the files that were made is work of neither.
      run('sync', [])
      await sleep(5_000)
      const url = ['--url', `http://127.0.0.1:${port}`, '--json']
      const ours = (name) =>
        timed(process.execPath, [program, 'data', 'add', join(folder, name), '--name', `iris/${name}`, ...url], { env })
      const theirs = (name) => timed(dvc, ['add', '--quiet', name], { cwd: folder, env })
      const firstOf = (name) => {
        if (spec.first === true) readFiles(join(folder, name))
        const mine = ours(name)
        if (!JSON.parse(mine.stdout).is_new) throw new Error('A new folder gave a snapshot that was there')
        run('sync', [])
        const other = theirs(name)
        run('sync', [])
        return { mine: mine.seconds, other: other.seconds }
      }
      const firsts = names.map(firstOf)
      const first = { mine: median(firsts.map(({ mine }) => mine)), other: median(firsts.map(({ other }) => other)) }
      const times = { ours: [], theirs: [] }
      for (let round = 0; round < rounds && spec.first !== true; round += 1) {
        const [name] = names
        const again = ours(name)
        if (JSON.parse(again.stdout).is_new) throw new Error('A folder that did not change gave another snapshot')
        times.ours.push(again.seconds)
        times.theirs.push(theirs(name).seconds)
      }
      const { mine, other } = spec.first === true ? first : { mine: median(times.ours), other: median(times.theirs) }
      rows.push({ ...spec, mine, other, ratio: other / mine, first })
      console.log(
        `${spec.name}: ${mine.toFixed(2)} s, dvc ${version} ${other.toFixed(2)} s, ${(other / mine).toFixed(1)}x` +
          `${spec.bound > 0 ? ` (bound ${spec.bound}x)` : ''}   first add ${first.mine.toFixed(2)} s, dvc ${first.other.toFixed(2)} s`,
      )
    } finally {
      await server.stop('SIGINT')
      rmSync(project, { recursive: true, force: true })
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return rows
}
