import { eventKinds } from 'virtual:route-table'
import type { EventKind } from '@fabrique/contract'
import type { QueryClient } from '@tanstack/react-query'
import { apiPath } from './client.js'
import { refreshStale } from './refresh-stale.js'

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused'

export interface LiveSnapshot {
  readonly state: LiveState
  /** When something was last heard from the server, in milliseconds since 1970; 0 before the first time. */
  readonly heardAt: number
}

/**
 * The topics, first words of query keys, whose answers an event makes stale. A kind that is not named here makes the
 * topic of its own first word stale.
 */
const staleTopics: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
  'project.applied': ['projects', 'loops', 'datasets', 'status'],
  'snapshot.created': ['loops', 'datasets', 'lineage'],
  'snapshot.changed': ['datasets', 'snapshot'],
  'snapshot.deleted': ['datasets', 'snapshot', 'lineage'],
  'ingest.started': ['ingests'],
  'ingest.finished': ['datasets', 'ingests'],
  'suite.changed': ['datasets', 'validations'],
  'remote.changed': ['remotes'],
  'job.changed': ['jobs', 'monitors', 'datasets', 'explanations', 'features'],
  'feature_view.applied': ['features', 'lineage'],
  'feature_view.materialized': ['features'],
  'feature_view.checked': ['features'],
  'validation.finished': ['loops', 'validations', 'datasets', 'lineage'],
  'experiment.changed': ['runs', 'experiments', 'trash'],
  'run.created': ['runs', 'loops', 'experiments'],
  'run.changed': ['runs', 'run', 'loops', 'trash'],
  'run.purged': ['runs', 'run', 'trash', 'experiments'],
  'runs.imported': ['runs', 'experiments', 'models'],
  'logged_model.changed': ['run', 'trash'],
  'logged_model.purged': ['run', 'trash'],
  'traces.deleted': ['trace'],
  'user.changed': ['user', 'users', 'sessions'],
  'key.changed': ['keys'],
  'webhook.changed': ['webhooks'],
  'artifact.written': ['run'],
  'artifact.deleted': ['run'],
  'model.changed': ['models'],
  'model_version.created': ['models', 'run', 'loops'],
  'alias.moved': ['models', 'endpoints', 'loops', 'status'],
  'flow.changed': ['flows'],
  'flow_run.changed': ['flows'],
  'flow_limit.changed': ['flow-limits'],
  'monitor.changed': ['monitors'],
  'drift_report.finished': ['monitors'],
  'finding.changed': ['monitors'],
  'rollout.changed': ['rollouts', 'endpoints'],
  'loop.changed': ['loops'],
}

const batchMs = 500

/** Where the events were when the server sent this page: before anything that it shows was asked for. */
function pagePosition(): string | undefined {
  const position = document.querySelector<HTMLMetaElement>('meta[name="fabrique-events"]')?.content
  return position === '' ? undefined : position
}

/**
 * Listens to the event stream and refreshes what it makes stale, at most twice a second, and not in a hidden tab. It starts
 * where the events were when the page was made, so that nothing is missed between the answers and the open stream.
 * The browser resumes a broken stream by itself, after the last event it saw; a refused one is opened again here.
 */
export class LiveUpdates {
  readonly #client: QueryClient
  readonly #listeners = new Set<() => void>()
  readonly #stale = new Set<string>()
  #snapshot: LiveSnapshot = { state: 'connecting', heardAt: 0 }
  #source: EventSource | undefined
  #batch: ReturnType<typeof setTimeout> | undefined
  #reopen: ReturnType<typeof setTimeout> | undefined

  constructor(client: QueryClient) {
    this.#client = client
    client.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'success') this.#heard()
    })
    document.addEventListener('visibilitychange', () => this.#flush())
  }

  readonly snapshot = (): LiveSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#source?.close()
    clearTimeout(this.#reopen)
    const isFirst = this.#source === undefined
    const source = new EventSource(apiPath('streamEvents', {}, isFirst ? { position: pagePosition() } : {}))
    this.#source = source
    this.#set({ state: isFirst ? 'connecting' : 'reconnecting' })
    source.onopen = () => {
      const missedSome = this.#snapshot.state === 'reconnecting'
      this.#set({ state: 'live', heardAt: Date.now() })
      if (missedSome) void this.#client.invalidateQueries()
    }
    source.onerror = () => {
      this.#set({ state: 'reconnecting' })
      if (source.readyState === EventSource.CLOSED) this.#reopen = setTimeout(() => this.start(), 3000)
    }
    const receive = (event: MessageEvent<string>) => this.#receive(event)
    source.onmessage = receive
    for (const kind of eventKinds) source.addEventListener(kind, receive)
  }

  togglePause(): void {
    if (this.#snapshot.state === 'paused') {
      this.start()
      void this.#client.invalidateQueries()
      return
    }
    this.#source?.close()
    clearTimeout(this.#reopen)
    this.#set({ state: 'paused' })
  }

  #receive(event: MessageEvent<string>): void {
    this.#heard()
    const kind = event.type === 'message' ? kindOf(event.data) : event.type
    for (const topic of staleTopics[kind as EventKind] ?? [kind.split('.')[0] ?? '']) this.#stale.add(topic)
    this.#stale.add('events')
    this.#batch ??= setTimeout(() => this.#flush(), batchMs)
  }

  #flush(): void {
    clearTimeout(this.#batch)
    this.#batch = undefined
    if (document.hidden || this.#stale.size === 0) return
    const topics = new Set(this.#stale)
    this.#stale.clear()
    void refreshStale(this.#client, topics)
  }

  #heard(): void {
    if (Date.now() - this.#snapshot.heardAt > 500) this.#set({ heardAt: Date.now() })
  }

  #set(change: Partial<LiveSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function kindOf(data: string): string {
  try {
    const message: unknown = JSON.parse(data)
    return typeof message === 'object' && message !== null && 'kind' in message ? String(message.kind) : ''
  } catch {
    return ''
  }
}
