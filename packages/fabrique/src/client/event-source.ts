import { setTimeout as sleep } from 'node:timers/promises'

/** One event that a server sent. */
export interface SentEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

export interface EventSourceOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Called with each reply before it is read; throws what is to end the reading. */
  readonly check: (reply: Response) => Promise<void>
}

/** The wait before a stream that broke is asked for again. */
const againAfterMs = 500

/** Server-sent events of an address until one of kind `end`; a stream that breaks is gone on with after the last event read. */
export async function* readEventSource(address: URL, options: EventSourceOptions): AsyncGenerator<SentEvent> {
  const { signal } = options
  for (let lastId: string | undefined; signal?.aborted !== true; ) {
    const headers = { accept: 'text/event-stream', ...options.headers }
    const resumed = lastId === undefined ? headers : { ...headers, 'last-event-id': lastId }
    const reply = await fetch(address, { headers: resumed, ...(signal === undefined ? {} : { signal }) }).catch(
      () => undefined,
    )
    if (reply !== undefined) {
      await options.check(reply)
      for await (const sent of eventsOf(reply)) {
        if (sent.event === 'end') return
        lastId = sent.id ?? lastId
        yield sent
      }
    }
    await sleep(againAfterMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
  }
}

async function* eventsOf({ body }: Response): AsyncGenerator<SentEvent> {
  if (body === null) return
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const part of body) {
      const blocks = (rest + decoder.decode(part, { stream: true })).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const sent = eventOf(block)
        if (sent !== undefined) yield sent
      }
    }
  } catch {
    // The server went away, or the reader did: whoever asks again goes on after the last event.
  }
}

function eventOf(block: string): SentEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line): readonly [string, string] => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    }),
  )
  const data = fields.get('data')
  return data === undefined ? undefined : { event: fields.get('event') ?? 'message', id: fields.get('id'), data }
}
