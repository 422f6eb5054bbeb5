import { type ChildProcess, spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Frame, FrameReader, writeFrame } from './frames.js'
import { OutputLines } from './output-lines.js'

/** The program that Python runs; the same place from the sources and from what is compiled. */
const program = fileURLToPath(new URL('../../../../python/serve_model.py', import.meta.url))

/** What the program prints before it ends itself, since it took too much memory. */
const memoryMark = 'fabrique: the memory limit is reached'

/** What a program that is gone may still have to say is read so long. */
const lastWordsMs = 200

export interface PythonProcessOptions {
  readonly python: string
  readonly environment: Readonly<Record<string, string>>
  /** The folder with the file `MLmodel`. */
  readonly folder: string
  readonly memoryBytesMax: number
  readonly answerBytesMax: number
  readonly monotonicMs: () => number
  readonly onLine: (line: string, dropped: number) => void
  readonly onFrame: (frame: Frame) => void
}

/**
 * One Python process with one model. It leads a group, so that all that it starts ends with it; and it ends by itself when the line that its
 * standard input is breaks, however this process ended.
 */
export class PythonProcess {
  readonly #child: ChildProcess
  readonly #frames: Duplex | undefined
  readonly #output: OutputLines
  #broken: string | undefined
  #exited = false
  /** Resolves when it is gone, with how. */
  readonly exited: Promise<string>

  constructor(options: PythonProcessOptions) {
    const { python, folder, memoryBytesMax } = options
    this.#output = new OutputLines(options)
    this.#child = spawn(python, [program, folder, String(memoryBytesMax)], {
      env: options.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    // Each end tells of a process that is gone, which `exited` tells too.
    for (const stream of this.#child.stdio) stream?.on('error', () => {})
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#output.add(chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#output.add(chunk))
    this.#frames = duplex(this.#child.stdio[3])
    const reader = new FrameReader(options.answerBytesMax)
    this.#frames?.on('data', (chunk: Buffer) => {
      if (this.#broken !== undefined) return
      try {
        for (const frame of reader.add(chunk)) options.onFrame(frame)
      } catch (error) {
        this.#broken = error instanceof Error ? error.message : String(error)
        this.kill()
      }
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(this.#how(code, signal)))
      this.#child.once('exit', (code, signal) => {
        this.#exited = true
        this.#endGroup()
        // What it has started may hold its streams.
        setTimeout(() => resolve(this.#how(code, signal)), lastWordsMs).unref()
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The end of what it wrote. */
  get tail(): string {
    return this.#output.tail
  }

  send(head: unknown, body: readonly Uint8Array[]): void {
    if (this.#frames === undefined || this.#frames.destroyed) return
    this.#frames.cork()
    for (const block of writeFrame(head, body)) this.#frames.write(block)
    this.#frames.uncork()
  }

  /** Ends it with all that it has started. */
  kill(): void {
    if (!this.#exited) this.#endGroup()
  }

  #endGroup(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // All of it is gone.
    }
  }

  #how(code: number | null, signal: string | null): string {
    if (this.#broken !== undefined) return this.#broken
    if (this.#output.tail.includes(memoryMark)) return 'it took more memory than it may'
    return signal ?? `status ${code ?? 'unknown'}`
  }
}

/** What `spawn` opened for both directions. */
function duplex(stream: Readable | Writable | null | undefined): Duplex | undefined {
  return stream instanceof Duplex ? stream : undefined
}
