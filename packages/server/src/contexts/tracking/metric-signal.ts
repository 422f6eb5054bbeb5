import { sql } from 'kysely'
import type { Db } from '../../platform/index.js'

/** The channel on which processes tell each other which runs have new points. */
export const metricChannel = 'fabrique_metrics'

/** A run with new points. */
export interface ChangedRun {
  readonly run_id: string
  readonly experiment_id: string
}

/** The runs that a message on the channel names; undefined where they were too many to name. */
export function changedRunsOf(payload: string): readonly ChangedRun[] | undefined {
  if (payload === many) return undefined
  return payload.split(',').map((entry) => {
    const [experiment_id = '', run_id = ''] = entry.split('/')
    return { experiment_id, run_id }
  })
}

const many = '*'
const entryOf = ({ run_id, experiment_id }: ChangedRun) => `${experiment_id}/${run_id}`

const pauseMs = 250
/** PostgreSQL takes up to 8000 bytes. */
const payloadBytesMax = 7_900

interface Signal {
  readonly runs: Set<string>
  timer: NodeJS.Timeout | undefined
}

const signals = new WeakMap<Db, Signal>()

/**
 * Tells every process that runs have new points, a few times a second at most, whatever the number of writes. A signal may
 * be lost with its process; those who listen look by themselves now and then.
 */
export function announceMetrics(db: Db, changed: readonly ChangedRun[]): void {
  if (changed.length === 0) return
  let signal = signals.get(db)
  if (signal === undefined) {
    signal = { runs: new Set(), timer: undefined }
    signals.set(db, signal)
  }
  for (const run of changed) signal.runs.add(entryOf(run))
  if (signal.timer !== undefined) return
  const current = signal
  current.timer = setTimeout(() => {
    current.timer = undefined
    const entries = [...current.runs].join(',')
    current.runs.clear()
    const payload = Buffer.byteLength(entries) > payloadBytesMax ? many : entries
    // A closed pool or a lost connection: the listeners look by themselves.
    sql`select pg_notify(${metricChannel}, ${payload})`.execute(db).catch(() => {})
  }, pauseMs)
  current.timer.unref()
}

/** The same from within a transaction: heard when it is committed. */
export async function announceWithCommit(db: Db, run: ChangedRun): Promise<void> {
  await sql`select pg_notify(${metricChannel}, ${entryOf(run)})`.execute(db)
}
