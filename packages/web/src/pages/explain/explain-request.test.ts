import { ExplanationRequest } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { emptyExplainDraft, explainBounds, explainCommand, explainCurl, readExplainForm } from './explain-request.js'

const version = { model: 'churn/3', needsSnapshot: false }

describe('readExplainForm', () => {
  it('asks for what the server does by default where nothing is chosen', () => {
    const { request, wrong } = readExplainForm(emptyExplainDraft, version)
    expect(wrong).toEqual([])
    expect(ExplanationRequest.parse(request)).toEqual(ExplanationRequest.parse({ model: 'churn/3' }))
  })

  it('sends what was chosen, numbers also as the French write them', () => {
    const { request } = readExplainForm(
      {
        ...emptyExplainDraft,
        snapshot: ' usage@latest ',
        rows: '12\u202f000',
        contributions: '0',
        hasImportance: false,
        dependence: ['age'],
        fairness: ['sex', 'region'],
        favoured: 'yes',
        class: 'no',
      },
      version,
    )
    expect(request).toEqual({
      model: 'churn/3',
      snapshot: 'usage@latest',
      rows: 12_000,
      importance: false,
      dependence: ['age'],
      contributions: 0,
      class: 'no',
      fairness: { by: ['sex', 'region'], favoured: 'yes' },
      seed: 1,
    })
    expect(ExplanationRequest.safeParse(request).success).toBe(true)
  })

  it('says which fields are wrong, and then asks for nothing', () => {
    const draft = { ...emptyExplainDraft, rows: '1', contributions: '1,5', repeats: '', seed: 'x' }
    expect(readExplainForm(draft, { ...version, needsSnapshot: true })).toEqual({
      request: undefined,
      wrong: ['snapshot', 'rows', 'contributions', 'repeats', 'seed'],
    })
  })

  it('has the bounds of the server', () => {
    for (const [name, { least, most }] of Object.entries(explainBounds)) {
      const taken = (value: number) => ExplanationRequest.safeParse({ model: 'm/1', [name]: value }).success
      expect([taken(least - 1), taken(least), taken(most), taken(most + 1)], name).toEqual([false, true, true, false])
    }
  })
})

describe('explainCommand', () => {
  it('says what was chosen, and quotes what a shell would take apart', () => {
    expect(
      explainCommand(
        {
          model: 'my model/2',
          snapshot: 'usage@latest',
          rows: 500,
          repeats: 5,
          contributions: 200,
          seed: 9,
          dependence: ['a b', 'c'],
          class: 'yes',
          fairness: { by: ['sex', 'age'], favoured: 'no' },
        },
        'http://127.0.0.1:8000',
      ),
    ).toBe(
      "fabrique explain 'my model/2' --data usage@latest --columns 'a b,c' --class yes --fairness sex,age --favoured no --rows 500 --seed 9 --url http://127.0.0.1:8000",
    )
    expect(explainCommand({ model: 'm/1', dependence: 4 }, 'http://h')).toBe('fabrique explain m/1 --url http://h')
  })

  it('says nothing rather than something else', () => {
    expect(explainCommand({ model: 'm/1', importance: false }, 'http://h')).toBeUndefined()
    expect(explainCommand({ model: 'm/1', dependence: ['a,b'] }, 'http://h')).toBeUndefined()
    expect(explainCommand({ model: 'm/1', fairness: { by: [' a'] } }, 'http://h')).toBeUndefined()
  })
})

describe('explainCurl', () => {
  it('sends what the form sends', () => {
    const request = { model: 'm/1', dependence: ["it's", 'a,b'] }
    const code = explainCurl(request, 'http://h')
    expect(code.split(' \\\n')[0]).toBe('curl http://h/api/v1/explanations')
    const [, body = ''] = /-d '(.*)'$/s.exec(code) ?? []
    expect(JSON.parse(body.replaceAll("'\\''", "'"))).toEqual(request)
  })
})
