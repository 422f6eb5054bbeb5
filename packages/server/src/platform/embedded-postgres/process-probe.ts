import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errorCode } from './errors.js'

/** What a process id stands for: the server of the folder, something else, nothing, or not known on this system. */
export type ProcessRole = 'postmaster' | 'other' | 'gone' | 'unknown'

/** Says whether the process exists; a zombie nobody reaps (node as pid 1 of a container) counts as gone. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false
  }
  return process.platform !== 'linux' || !isZombie(pid)
}

/** Says whether `pid` is a postmaster whose working folder is `dataDir`; process ids are reused, so existing is not enough. */
export async function processRole(pid: number, dataDir: string): Promise<ProcessRole> {
  if (!processExists(pid)) return 'gone'
  if (process.platform === 'linux') return linuxRole(pid, dataDir)
  if (process.platform === 'darwin') return (await commandOf(pid)).includes('postgres') ? 'unknown' : 'other'
  return 'unknown'
}

/** Processes of a server of this folder that are still running (Linux only; elsewhere none is found). */
export function serverProcesses(dataDir: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => processExists(pid) && linuxRole(pid, dataDir) === 'postmaster')
}

function linuxRole(pid: number, dataDir: string): ProcessRole {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return 'other'
    return readlinkSync(`/proc/${pid}/cwd`) === dataDir ? 'postmaster' : 'other'
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT' || code === 'ESRCH' ? 'gone' : 'unknown'
  }
}

function isZombie(pid: number): boolean {
  try {
    // The name may hold spaces and brackets, so the state is the letter after the last closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    // No readable entry: the process has just gone, or /proc is hidden; the signal already told what it could.
    return false
  }
}

function commandOf(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'comm=', '-p', String(pid)], (_error, stdout) => resolve(stdout))
  })
}
