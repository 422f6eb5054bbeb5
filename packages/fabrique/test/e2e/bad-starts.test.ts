import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cleanUp, copyOfIris, processesOf, runFabrique } from '../support/running-fabrique.js'

let folder: string
beforeEach(() => {
  folder = copyOfIris()
})
afterEach(() => cleanUp(folder))

const up = (args: readonly string[] = ['--port', '0'], env: Readonly<Record<string, string>> = {}) =>
  runFabrique(['up', folder, ...args], env)

describe('a start says clearly', () => {
  test('that the port is taken, and leaves nothing running', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { status, stderr } = await up(['--port', String(port)])
    other.close()
    expect(status).toBe(3)
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is already in use`)
    expect(processesOf(folder).all).toEqual([])
  })

  test.each([
    ['a syntax error', 'export default {\n  a: ,\n}', /fabrique\.config\.ts line 2/],
    ['a throw', "import 'fabrique'\n\nthrow new Error('no data')", /fabrique\.config\.ts line 3.*no data/],
    ['an unknown import', "import { nope } from 'nowhere'\nexport default nope", /nowhere/],
    ['no project', 'export default 42', /not made by defineProject/],
  ])('that the project file is broken: %s', async (_name, text, message) => {
    writeFileSync(join(folder, 'fabrique.config.ts'), text)
    const { status, stderr } = await up()
    expect(status).toBe(2)
    expect(stderr).toContain('project_broken')
    expect(stderr).toMatch(message)
  })

  test('that the project is not valid, and where', async () => {
    const path = join(folder, 'fabrique.config.ts')
    writeFileSync(path, readFileSync(path, 'utf8').replace("name: 'iris',", "name: 'Iris Project',"))
    const { status, stderr } = await up()
    expect(status).toBe(2)
    expect(stderr).toMatch(/project_invalid/)
    expect(stderr).toContain('name')
  })

  test('that a model cannot be trained as it is declared, before anything is trained', async () => {
    const path = join(folder, 'fabrique.config.ts')
    writeFileSync(path, readFileSync(path, 'utf8').replace('nEstimators: 100', 'nEstimators: 0'))
    const { status, stderr } = await up()
    expect(status).toBe(2)
    expect(stderr).toContain('estimator_param_invalid')
    expect(stderr).toContain('n_estimators is 0: it must be a whole number from 1 to 10000')
    expect(processesOf(folder).all).toEqual([])
  })

  test('that there is no project', async () => {
    const { status, stderr } = await runFabrique(['up', join(folder, 'data')])
    expect([status, stderr]).toEqual([2, expect.stringContaining('project_not_found')])
  })

  test('that the data folder is newer', async () => {
    mkdirSync(join(folder, '.fabrique'))
    writeFileSync(join(folder, '.fabrique', 'fabrique.json'), '{"format":99,"version":"9.9.9"}')
    const { status, stderr } = await up()
    expect(status).toBe(3)
    expect(stderr).toMatch(/newer version \(9\.9\.9, format 99\)/)
  })

  test('that the data folder cannot be written', async () => {
    const place = join(folder, 'a-file')
    writeFileSync(place, '')
    chmodSync(place, 0o400)
    const { status, stderr } = await up(['--port', '0', '--data-dir', join(place, 'data')])
    expect([status, stderr]).toEqual([3, expect.stringContaining('data_folder_not_writable')])
  })

  test('that the external database does not answer', async () => {
    const { status, stderr } = await up(['--port', '0'], {
      DATABASE_URL: 'postgresql://user:hunter2@127.0.0.1:9/db',
      FABRIQUE_DATABASE_WAIT_S: '3',
    })
    expect(status).toBe(3)
    expect(stderr).toContain('waiting up to 3 s')
    expect(stderr).toContain('database_unavailable')
    expect(stderr).not.toContain('hunter2')
  })

  test('that a setting is unknown, and which is near', async () => {
    const { status, stderr } = await up(['--port', '0'], { FABRIQUE_PROT: '1' })
    expect([status, stderr]).toEqual([2, expect.stringContaining('FABRIQUE_PORT')])
  })

  test('in French too', async () => {
    const { stderr } = await up(['--port', '0', '--lang', 'fr'], { FABRIQUE_LANG: 'fr', FABRIQUE_PROT: '1' })
    expect(stderr).toContain('n’existe pas')
  })
})

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

describe.skipIf(!canMount)('on a disk that is full', () => {
  let disk: string
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'fabrique-disk-'))
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]).status === 0
  })
  afterEach(() => {
    if (mounted) spawnSync('umount', [disk])
    rmSync(disk, { recursive: true, force: true })
  })
  let mounted = false

  test('a start says so and leaves nothing half-made', async ({ skip }) => {
    if (!mounted) skip('this machine does not let the test mount a small disk')
    writeFileSync(join(disk, 'filler'), Buffer.alloc(70 * 1024 * 1024))
    const { status, stderr } = await up(['--port', '0', '--data-dir', join(disk, 'data')])
    expect([status, stderr]).toEqual([3, expect.stringContaining('disk_full')])
    expect(processesOf(disk).all).toEqual([])
  })
})
