import { describe, expect, test } from 'vitest'
import type { AnsweredLater } from '../predictions/index.js'
import { answerKeeper } from './answer-keeper.js'
import type { LoadedVersion } from './served-version.js'

type Kept = Pick<AnsweredLater, 'rowCount' | 'bytes' | 'read'>

const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

/** What is kept of a request of MLflow's scoring protocol. */
function scored(body: unknown, answer: unknown, status = 200): Kept | undefined {
  let kept: Kept | undefined
  const keeper = answerKeeper({} as LoadedVersion, (one) => {
    kept = one
    return 'pred_1'
  })
  const contentType = typeof body === 'string' ? 'text/csv' : 'application/json'
  const reply = { status, contentType: 'application/json', body: bytesOf(answer) }
  expect(keeper.scored({ contentType, body: bytesOf(body) }, reply)).toBe(status === 200 ? 'pred_1' : undefined)
  return kept
}

describe('what is kept of a model that answers in the scoring protocol', () => {
  test('has the rows of a table by name, and the answer to each', () => {
    const kept = scored(
      {
        dataframe_split: {
          columns: ['a', 'b'],
          data: [
            [1, 'x'],
            [2, null],
          ],
        },
      },
      { predictions: [7, 8] },
    )
    expect(kept?.read()).toEqual([
      { inputs: { a: 1, b: 'x' }, output: { prediction: 7 } },
      { inputs: { a: 2, b: null }, output: { prediction: 8 } },
    ])
    expect(scored('a,b\n1,x\n', { predictions: [{ mean: 1, low: 0 }] })?.read()).toMatchObject([
      { inputs: { b: 'x' }, output: { outputs: { mean: 1, low: 0 } } },
    ])
    expect(scored({ inputs: [[1, 2]] }, { predictions: [[3, 4]] })?.read()).toEqual([
      { inputs: { 0: 1, 1: 2 }, output: { prediction: [3, 4] } },
    ])
  })

  test('is nothing of a refusal, and an error of answers that are not one for each row', () => {
    expect(scored({ inputs: [1] }, { error_code: 'BAD_REQUEST' }, 400)).toBeUndefined()
    expect(() => scored({ inputs: [1, 2] }, { predictions: { y: 1 } })?.read()).toThrow('one for each row')
  })
})
