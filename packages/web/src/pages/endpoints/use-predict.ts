import type { PredictReply, PredictRequest } from '@fabrique/contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { call } from '../../api/client.js'
import type { Files } from './predict-form.js'
import type { Row } from './read-inputs.js'

/** What is asked: a body, or a row with the files of its images, which stand in the body by their names. */
export interface Asked {
  readonly body: PredictRequest
  readonly images?: { readonly row: Row; readonly files: Files }
}

/** One call of this session: what was sent, and what came back. */
export interface PastCall {
  readonly id: string
  readonly at: string
  readonly body: PredictRequest
  readonly reply?: PredictReply
  readonly failure?: string
  readonly elapsedMs: number
}

const callsMax = 30
/** Rows of a call that is remembered: more are in the file that they came from. */
const rowsMax = 100
const storageKey = (model: string) => `fabrique.calls.${model}`

function readCalls(model: string): readonly PastCall[] {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey(model)) ?? '[]') as readonly PastCall[]
  } catch {
    return []
  }
}

function writeCalls(model: string, calls: readonly PastCall[]): void {
  try {
    sessionStorage.setItem(storageKey(model), JSON.stringify(calls))
  } catch {
    // Without storage the calls last until the page is left.
  }
}

/** Asks a model, measures how long the answer took, and remembers the calls of this session. */
export function usePredict(model: string) {
  const [calls, setCalls] = useState(() => readCalls(model))
  const remember = (past: Omit<PastCall, 'id' | 'at'>) => {
    const at = new Date().toISOString()
    const next = [{ ...past, at, id: `${at} ${calls.length}` }, ...calls].slice(0, callsMax)
    setCalls(next)
    writeCalls(model, next)
  }
  const predict = useMutation({
    mutationFn: async ({ body, images }: Asked) => {
      const startedMs = performance.now()
      try {
        const reply =
          images === undefined
            ? await call('predict', { params: { model }, body })
            : await (await import('./predict-form.js')).predictForm(model, images.row, images.files)
        const elapsedMs = performance.now() - startedMs
        if (rowsOf(body) <= rowsMax) remember({ body, reply, elapsedMs })
        return { reply, elapsedMs }
      } catch (error) {
        const failure = error instanceof ApiProblem ? error.message : String(error)
        if (rowsOf(body) <= rowsMax) remember({ body, failure, elapsedMs: performance.now() - startedMs })
        throw error
      }
    },
  })
  return { calls, predict }
}

function rowsOf({ features }: PredictRequest): number {
  return Array.isArray(features) ? features.length : 1
}

/** The feature that a problem is about: the last name in its field path. */
export function fieldOf(error: unknown): string | undefined {
  return error instanceof ApiProblem
    ? error.field
        ?.split('.')
        .at(-1)
        ?.replace(/^features\[\d+\]$/, '')
    : undefined
}
