import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { type Binaries, prepareBinaries } from './binaries.js'
import { connectOrLaunch } from './connect-or-launch.js'
import { folderError } from './errors.js'
import { openDataFolder } from './folder-checks.js'
import { embeddedPostgres } from './handle.js'
import { checkMajor, clusterMajor, initCluster } from './init-cluster.js'
import { rotateLog } from './log-file.js'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './options.js'
import { findPlatformPackage } from './platform-package.js'
import { checkReachable, chooseIdentity, giveFolder, type RunIdentity } from './run-identity.js'
import type { Listen } from './settings.js'
import { prepareSocketDir, SOCKET_PORT } from './socket-dir.js'
import { removeDeadTempFolders } from './temp-folder.js'

const START_TIMEOUT_MS = 60_000

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const emit = options.onEvent ?? (() => {})
  const native = findPlatformPackage({
    platform: process.platform,
    arch: process.arch,
    ...(options.resolveFrom === undefined ? {} : { resolveFrom: options.resolveFrom }),
  })
  const folder = await openDataFolder(options.dataDir)
  const dataDir = folder.path
  const identity = await chooseIdentity(folder.owner, options.asRoot)
  await checkReachable(identity, dataDir)
  const binaries = await prepareBinaries(native, dirname(dataDir), identity, (copy) =>
    emit({ kind: 'copying_binaries', folder: copy }),
  )
  await ensureCluster(dataDir, binaries, identity, emit)
  await rotateLog(options.logFile)
  const plan = {
    dataDir,
    logFile: options.logFile,
    binaries,
    identity,
    listen: await chooseAddress(dataDir, identity),
    settings: options.settings ?? {},
  }
  const server = await connectOrLaunch(plan, options.startTimeoutMs ?? START_TIMEOUT_MS, emit)
  return embeddedPostgres(server, dataDir, binaries, emit)
}

async function ensureCluster(
  dataDir: string,
  binaries: Binaries,
  identity: RunIdentity,
  emit: NonNullable<EmbeddedPostgresOptions['onEvent']>,
): Promise<void> {
  for (const leftover of await removeLeftovers(dataDir)) emit({ kind: 'leftover_removed', folder: leftover })
  if ((await clusterMajor(dataDir)) === null) {
    emit({ kind: 'initialising', dataDir })
    await initCluster(dataDir, binaries, identity)
  }
  checkMajor(dataDir, (await clusterMajor(dataDir)) ?? 0, binaries.major)
  await giveFolder(identity, dataDir)
}

async function removeLeftovers(dataDir: string): Promise<string[]> {
  try {
    return await removeDeadTempFolders(dataDir)
  } catch (error) {
    throw folderError(dirname(dataDir), error, 'postgres_init_failed')
  }
}

async function chooseAddress(dataDir: string, identity: RunIdentity): Promise<Listen> {
  if (process.platform === 'win32') return { kind: 'tcp', port: await freePort() }
  return { kind: 'socket', dir: await prepareSocketDir(dataDir, identity), port: SOCKET_PORT }
}

/** Only for Windows: asks the system for a free port of the loopback address. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
