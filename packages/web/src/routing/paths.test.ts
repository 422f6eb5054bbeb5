import { describe, expect, it } from 'vitest'
import { paths, patterns } from './paths.js'

describe('paths', () => {
  it('lists every page', () => {
    expect(Object.values(patterns)).toEqual([
      '/',
      '/experiments',
      '/p/$project/runs',
      '/p/$project/compare',
      '/p/$project/runs/$run',
      '/p/$project/runs/$run/metrics',
      '/p/$project/runs/$run/artifacts',
      '/p/$project/runs/$run/reports',
      '/p/$project/runs/$run/reproduce',
      '/p/$project/datasets',
      '/p/$project/datasets/$dataset',
      '/p/$project/datasets/$dataset/ingests/$ingest',
      '/p/$project/datasets/$dataset/snapshots/$snapshot',
      '/p/$project/datasets/$dataset/snapshots/$snapshot/diff',
      '/p/$project/datasets/$dataset/validations/$validation',
      '/p/$project/features',
      '/p/$project/features/$view',
      '/p/$project/feature-services/$service',
      '/p/$project/look-up',
      '/p/$project/train',
      '/p/$project/train/$run',
      '/lineage/$kind/$id',
      '/flows',
      '/flows/workers',
      '/flows/$project/$flow',
      '/flows/$project/$flow/runs/$run',
      '/jobs',
      '/models',
      '/models/$model',
      '/models/$model/$version',
      '/traces',
      '/traces/$trace',
      '/endpoints',
      '/endpoints/$model',
      '/endpoints/$model/rollouts/$rollout',
      '/endpoints/$model/try',
      '/monitoring',
      '/monitoring/$monitor',
      '/monitoring/$monitor/columns/$column',
      '/metrics-history',
      '/trash',
      '/settings',
      '/settings/account',
      '/settings/keys',
      '/settings/users',
      '/settings/remotes',
      '/settings/webhooks',
      '/about',
      '/login',
    ])
  })

  it('fills in values', () => {
    expect(paths.home()).toBe('/')
    expect(paths.run({ project: 'iris', run: 'a1' })).toBe('/p/iris/runs/a1')
    expect(paths.modelVersion({ model: 'iris', version: '3' })).toBe('/models/iris/3')
  })

  it('encodes values', () => {
    expect(paths.model({ model: 'my model/1' })).toBe('/models/my%20model%2F1')
  })
})
