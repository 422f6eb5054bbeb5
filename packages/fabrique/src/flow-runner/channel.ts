import type { FromRunner, RunnerReply, ToRunner } from '@fabrique/contract'
import { StepFailure } from './step-failure.js'

type Call = Extract<FromRunner, { kind: 'call' }>
/** A call without its number. */
export type Asked = Call extends infer One ? (One extends Call ? Omit<One, 'call'> : never) : never

/** What the worker tells beside answers. */
export type Told = Exclude<ToRunner, { kind: 'reply' }>

/** The way to the worker. What is said within one turn of the loop goes together. */
export interface Channel {
  tell(message: FromRunner): void
  /** Rejects with a StepFailure. */
  call(asked: Asked): Promise<RunnerReply>
  /** Once everything that was told has left this process. */
  flushed(): Promise<void>
}

/** The channel of this process to the one that started it. */
export function openChannel(onTold: (message: Told) => void): Channel {
  const waiting = new Map<number, PromiseWithResolvers<RunnerReply>>()
  let outbox: FromRunner[] = []
  let isLeaving = false
  let isTurnOpen = false
  let calls = 0
  let sent: Promise<void> = Promise.resolve()

  const flush = () => {
    isLeaving = false
    if (outbox.length === 0 || !process.connected) return
    const messages = outbox
    outbox = []
    sent = new Promise((resolve) => {
      process.send?.(messages, undefined, undefined, () => resolve())
    })
  }
  const endTurn = () => {
    isTurnOpen = false
    outbox.push({ kind: 'said' })
    flush()
  }
  const tell = (message: FromRunner) => {
    outbox.push(message)
    if (isUrgent(message) && !isLeaving) {
      isLeaving = true
      queueMicrotask(flush)
    }
    if (!isTurnOpen) {
      isTurnOpen = true
      setImmediate(endTurn)
    }
  }
  process.on('message', (messages: readonly ToRunner[]) => {
    for (const message of messages) {
      if (message.kind !== 'reply') {
        onTold(message)
        continue
      }
      const asked = waiting.get(message.call)
      waiting.delete(message.call)
      if ('error' in message) asked?.reject(new StepFailure(message.error))
      else asked?.resolve(message.ok)
    }
  })
  return {
    tell,
    call(asked) {
      const call = ++calls
      const answer = withResolvers<RunnerReply>()
      waiting.set(call, answer)
      tell({ ...asked, call } as Call)
      return answer.promise
    },
    async flushed() {
      flush()
      await sent
    },
  }
}

/** What must not be lost with this process: code that runs next may block it, or end it. */
const isUrgent = (message: FromRunner) =>
  message.kind === 'ended' || message.kind === 'broken' || (message.kind === 'call' && message.method === 'end')

/** Node 20 does not have it yet. */
interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

export function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let settle: Pick<PromiseWithResolvers<Value>, 'resolve' | 'reject'> | undefined
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject }
  })
  if (settle === undefined) throw new Error('A promise did not begin')
  return { promise, ...settle }
}
