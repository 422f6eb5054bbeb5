import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** A process that runs commands, one at a time. */
interface Host {
  run(command: Command): Promise<Finished>
  isThere(): boolean
  end(): void
}

const hostPath = fileURLToPath(new URL('command-host.mjs', import.meta.url))
/** What a command is told to print last, with its status; none prints it by itself. */
const ended = /\0ended (\d+)\0$/

/** Hosts that wait for a command; they end with this process. More of them would take memory and seldom be asked. */
const idle: Host[] = []
const idleMax = 2

/** Runs a command in a process that has run others before. Commands that are asked for at once have one each. */
export async function runWarm(command: Command): Promise<Finished> {
  const known = idle.pop()
  const host = known?.isThere() === true ? known : startHost()
  const finished = await host.run(command)
  if (idle.length < idleMax) idle.push(host)
  else host.end()
  return finished
}

function startHost(): Host {
  const child = fork(hostPath, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] })
  const { stdout, stderr, channel } = child
  if (stdout === null || stderr === null) throw new Error('The streams of a command are not there')
  const said = { stdout: '', stderr: '' }
  let onEnd: (status: number | null) => void = () => {}
  const listen = (name: 'stdout' | 'stderr', stream: NodeJS.ReadableStream) =>
    stream.setEncoding('utf8').on('data', (text) => {
      said[name] += text
      if (ended.test(said.stdout) && ended.test(said.stderr)) onEnd(Number(ended.exec(said.stdout)?.[1]))
    })
  listen('stdout', stdout)
  listen('stderr', stderr)
  child.once('close', (status) => onEnd(status))
  // What waits for a command keeps no test alive.
  for (const part of [child, channel, stdout, stderr]) Object(part).unref()
  return {
    isThere: () => child.connected,
    end: () => child.connected && child.disconnect(),
    async run(command) {
      Object.assign(said, { stdout: '', stderr: '' })
      const status = await new Promise<number | null>((resolve, reject) => {
        onEnd = resolve
        child.send(command, (error) => error !== null && reject(error))
      })
      return { status, stdout: said.stdout.replace(ended, ''), stderr: said.stderr.replace(ended, '') }
    },
  }
}
