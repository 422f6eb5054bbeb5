import { describe, expect, it } from 'vitest'
import { modelSources, registerBody } from './model-sources.js'

const run = { id: 'r1', logged_models: [{ id: 'm-1', name: 'forest' }] }

describe('modelSources', () => {
  it('lists logged models before folders', () => {
    const sources = modelSources(run, ['model', ''])
    expect(sources.map(({ label }) => label)).toEqual(['forest', 'model', ''])
    expect(registerBody(run, sources, 'm-1')).toEqual({ run_id: 'r1', logged_model_id: 'm-1' })
    expect(registerBody(run, sources, 'path:')).toEqual({ run_id: 'r1', path: '' })
  })

  it('takes the first source where the chosen one is gone', () => {
    expect(registerBody(run, modelSources({ id: 'r1' }, ['model']), 'm-1')).toEqual({ run_id: 'r1', path: 'model' })
  })
})
