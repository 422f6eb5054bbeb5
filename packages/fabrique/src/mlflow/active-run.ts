import type { RunStatus } from '@fabrique/contract'
import type { artifactCalls } from './artifacts.js'
import { LogQueue, type LogQueueOptions } from './log-queue.js'
import type { DatasetInput, runCalls } from './runs.js'
import type { Run } from './wire.js'

type Value = string | number | boolean
type Point = { readonly step?: number; readonly timestamp?: number; readonly modelId?: string }

export interface ActiveRunParts {
  readonly run: Run
  readonly runs: ReturnType<typeof runCalls>
  readonly artifacts: ReturnType<typeof artifactCalls>
  readonly queue?: Pick<LogQueueOptions, 'lingerMs' | 'entriesMax'>
}

/**
 * A run that a program works on. Metrics, parameters and tags are gathered and sent in the background; `flush` and `end`
 * wait until the server has them and throw what failed.
 */
export interface ActiveRun {
  readonly runId: string
  readonly experimentId: string
  readonly artifactUri: string
  /** Await it to be slowed down where the server is slower than the program; nothing is lost either way. */
  logMetric(key: string, value: number, point?: Point): Promise<void>
  /** Several metrics of one step. */
  logMetrics(values: Readonly<Record<string, number>>, point?: Point): Promise<void>
  logParam(key: string, value: Value): Promise<void>
  logParams(values: Readonly<Record<string, Value>>): Promise<void>
  setTag(key: string, value: string): Promise<void>
  setTags(values: Readonly<Record<string, string>>): Promise<void>
  logInput(dataset: DatasetInput): Promise<void>
  /** Sends a file or folder into a folder of the artifacts. */
  logArtifact(source: string, folder?: string): Promise<void>
  logText(text: string, path: string): Promise<void>
  logJson(value: unknown, path: string): Promise<void>
  flush(): Promise<void>
  /** Sends what waits and closes the run; finished unless said otherwise. */
  end(status?: RunStatus): Promise<void>
}

export function activeRun({ run, runs, artifacts, queue: options }: ActiveRunParts): ActiveRun {
  const { runId, artifactUri } = run
  const queue = new LogQueue({ ...options, send: (batch) => runs.logBatch(runId, batch) })
  const all = async (waits: readonly Promise<void>[]) => {
    await Promise.all(waits)
  }
  const put = (path: string, text: string) => artifacts.put(artifactUri, path, text)
  return {
    runId,
    experimentId: run.experimentId,
    artifactUri,
    logMetric: (key, value, point) => queue.metric({ key, value, ...point }),
    logMetrics: (values, point) => {
      const timestamp = point?.timestamp ?? Date.now()
      return all(Object.entries(values).map(([key, value]) => queue.metric({ key, value, ...point, timestamp })))
    },
    // Wrong use is thrown at once, so that it is seen where nobody awaits.
    logParam: (key, value) => queue.param(key, String(value)),
    logParams: (values) => all(Object.entries(values).map(([key, value]) => queue.param(key, String(value)))),
    setTag: (key, value) => queue.tag(key, value),
    setTags: (values) => all(Object.entries(values).map(([key, value]) => queue.tag(key, value))),
    logInput: (dataset) => runs.logInputs(runId, [dataset]),
    logArtifact: (source, folder) => artifacts.upload(artifactUri, source, folder),
    logText: (text, path) => put(path, text),
    logJson: (value, path) => put(path, JSON.stringify(value, null, 2)),
    flush: () => queue.flush(),
    async end(status = 'FINISHED') {
      try {
        await queue.flush()
      } finally {
        await runs.update(runId, { status, endTime: new Date() })
      }
    },
  }
}
