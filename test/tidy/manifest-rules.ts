import { type Finding, fileAt, lineOf, type Rule, readJson } from './tree.js'
import { rootManifest, workspacesOf } from './workspace.js'

/** One version for all: the root, every workspace, what they require of each other, and `fabriqueVersion`. */
export const oneVersion: Rule = (files) => {
  const source = fileAt(files, 'packages/contract/src/version.ts')
  const wanted = /fabriqueVersion = '([^']+)'/.exec(source?.text ?? '')?.[1] ?? '(none)'
  const findings: Finding[] = []
  const check = (path: string, what: string, version: string | undefined) => {
    if (version !== wanted)
      findings.push({ path, line: 1, message: `${what} is ${version}: make it ${wanted}, as fabriqueVersion` })
  }
  check('package.json', 'version', rootManifest(files)?.version)
  const workspaces = workspacesOf(files)
  const names = new Set(workspaces.map(({ manifest }) => manifest.name))
  for (const { manifest, file } of workspaces) {
    check(file.path, 'version', manifest.version)
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const) {
      for (const [name, range] of Object.entries(manifest[kind] ?? {}))
        if (names.has(name)) check(file.path, `${kind} ${name}`, range)
    }
  }
  return findings
}

const npmrcLines = ['ignore-scripts=true', 'omit-lockfile-registry-resolved=true', 'onnxruntime-node-install=skip']

/** An install runs no script of a dependency and needs no address but the registry: see docs/decisions. */
export const quietInstall: Rule = (files) => {
  const findings: Finding[] = []
  const npmrc = fileAt(files, '.npmrc')?.text.split('\n') ?? []
  for (const line of npmrcLines) {
    if (!npmrc.includes(line)) findings.push({ path: '.npmrc', line: 1, message: `add the line ${line}` })
  }
  const lock = fileAt(files, 'package-lock.json')
  const resolved = lock?.text.indexOf('"resolved": "http') ?? -1
  if (lock === undefined) findings.push({ path: 'package-lock.json', line: 1, message: 'is missing: run npm install' })
  else if (resolved >= 0) {
    const message = 'records a download address: npm install with omit-lockfile-registry-resolved=true'
    findings.push({ path: lock.path, line: lineOf(lock.text, resolved), message })
  }
  if (lock !== undefined) {
    const { packages = {} } = readJson<LockFile>(lock)
    findings.push(...scriptsNotRefused(packages, rootManifest(files)?.allowScripts ?? {}), ...notInLock(packages))
  }
  return findings
}

interface LockedPackage {
  readonly version?: string
  readonly hasInstallScript?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface LockFile {
  readonly packages?: Readonly<Record<string, LockedPackage>>
}

const lockedName = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** npm 12 runs no script that is not allowed, npm 11 asks: each package that has one is refused by name. */
function scriptsNotRefused(
  packages: Readonly<Record<string, LockedPackage>>,
  allowScripts: Readonly<Record<string, boolean>>,
): readonly Finding[] {
  return Object.entries(packages).flatMap(([path, { hasInstallScript }]) => {
    const name = lockedName(path)
    if (hasInstallScript !== true || !path.includes('node_modules/') || allowScripts[name] === false) return []
    const message = `${name} has an install script: find out that it works without, then add it to allowScripts as false`
    return [{ path: 'package.json', line: 1, message }]
  })
}

/** An optional package that the lock leaves out is not installed on the machines that need it, and `npm ci` may refuse. */
function notInLock(packages: Readonly<Record<string, LockedPackage>>): readonly Finding[] {
  const known = new Set(Object.keys(packages).map(lockedName))
  return Object.entries(packages).flatMap(([path, { version, optionalDependencies = {} }]) => {
    const missing = Object.keys(optionalDependencies).filter((name) => !known.has(name))
    if (missing.length === 0) return []
    const owner = `${lockedName(path)} ${version}`
    const message = `lacks ${missing.join(', ')} of ${owner}: npm ci fails or other platforms get none; take a version whose packages the registry has`
    return [{ path: 'package-lock.json', line: 1, message }]
  })
}

// Put together here, so that this file does not hold what it looks for.
const machineFolder = ['', 'work', ''].join('/')

/** No file holds a path of the machine it was written on. */
export const noMachinePaths: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const found: Finding[] = []
    for (let at = text.indexOf(machineFolder); at >= 0; at = text.indexOf(machineFolder, at + 1)) {
      if (at > 0 && /[\w.}-]/.test(text.charAt(at - 1))) continue
      found.push({
        path,
        line: lineOf(text, at),
        message: `${machineFolder} is a folder of one machine: use a relative path`,
      })
    }
    return found
  })
