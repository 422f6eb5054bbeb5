import type { FlowState } from '@fabrique/contract'
import type { FinishedStep, FlowFailure, StepEnd } from './model.js'

/** The state of a step that is over. */
export function stateOfEnd({ kind }: StepEnd): FlowState {
  switch (kind) {
    case 'completed':
      return { type: 'COMPLETED', name: 'Completed' }
    case 'failed':
      return { type: 'FAILED', name: 'Failed' }
    case 'timed_out':
      return { type: 'FAILED', name: 'TimedOut' }
    case 'cancelled':
      return { type: 'CANCELLED', name: 'Cancelled' }
  }
}

export interface EndedRow {
  readonly name: string
  readonly state_type: string
  readonly state_name: string
  readonly result: string | null
  readonly error: FlowFailure | null
}

const unknownFailure: FlowFailure = { code: 'internal_error', params: {} }

/** What a step that is over left. */
export function endOfRow({ state_type, state_name, result, error }: EndedRow): StepEnd {
  if (state_type === 'COMPLETED') return { kind: 'completed', result: result ?? 'null' }
  const failure = error ?? unknownFailure
  if (state_type === 'CANCELLED') return { kind: 'cancelled', failure }
  return { kind: state_name === 'TimedOut' ? 'timed_out' : 'failed', failure }
}

export const toFinished = (row: EndedRow): FinishedStep => ({ name: row.name, end: endOfRow(row) })

/** A text as the database can hold it: without NUL, and without halves of surrogate pairs. */
export const storable = (text: string) => text.replaceAll('\u0000', '').replaceAll(/\p{Surrogate}/gu, '\ufffd')

/** A failure as JSON that the database can hold: foreign code may put any character into a message. */
export function failureText({ code, params, stack }: FlowFailure): string {
  const values = Object.entries(params).map(([key, value]) => [
    key,
    typeof value === 'string' ? storable(value) : value,
  ])
  return JSON.stringify({
    code,
    params: Object.fromEntries(values),
    ...(stack === undefined ? {} : { stack: storable(stack).slice(0, 20_000) }),
  })
}
