import { SourceDefinition } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { csv, files, http, huggingFace, images, json, parquet, postgres, s3, synthetic } from './sources.js'

const plainCsv = { format: 'csv', dialect: { header: true } }

test.each<[string, SourceDefinition, unknown]>([
  ['csv of one path', csv('a.csv'), { kind: 'csv', paths: ['a.csv'], dialect: { header: true } }],
  [
    'csv with each option',
    csv(['a.csv', 'b/*.csv.gz'], {
      delimiter: ';',
      quote: "'",
      header: false,
      encoding: 'latin-1',
      decimal: ',',
      dateFormat: '%d/%m/%Y',
      timestampFormat: '%d/%m/%Y %H:%M',
      nullValues: ['', 'NA'],
    }),
    {
      kind: 'csv',
      paths: ['a.csv', 'b/*.csv.gz'],
      dialect: {
        delimiter: ';',
        quote: "'",
        header: false,
        encoding: 'latin-1',
        decimal: ',',
        date_format: '%d/%m/%Y',
        timestamp_format: '%d/%m/%Y %H:%M',
        null_values: ['', 'NA'],
      },
    },
  ],
  ['parquet', parquet('a/*.parquet'), { kind: 'parquet', paths: ['a/*.parquet'] }],
  ['json', json(['a.json', 'b.ndjson']), { kind: 'json', paths: ['a.json', 'b.ndjson'] }],
  [
    'http of one address',
    http('https://example.org/a.csv.gz?x=1.json'),
    { kind: 'http', files: [{ url: 'https://example.org/a.csv.gz?x=1.json' }], content: plainCsv },
  ],
  [
    'http with checksums and a token',
    http(['https://example.org/a', { url: 'https://example.org/b', sha256: 'a'.repeat(64) }], {
      format: 'parquet',
      tokenEnv: 'TOKEN',
    }),
    {
      kind: 'http',
      files: [{ url: 'https://example.org/a' }, { url: 'https://example.org/b', sha256: 'a'.repeat(64) }],
      content: { format: 'parquet' },
      token_env: 'TOKEN',
    },
  ],
  [
    'huggingFace',
    huggingFace('scikit-learn/iris', ['Iris.csv', { path: 'some dir/b#1.csv', sha256: 'b'.repeat(64) }], {
      revision: 'refs/pr/1',
      tokenEnv: 'HF_TOKEN',
      csv: { delimiter: ',' },
    }),
    {
      kind: 'http',
      files: [
        { url: 'https://huggingface.co/datasets/scikit-learn/iris/resolve/refs%2Fpr%2F1/Iris.csv' },
        {
          url: 'https://huggingface.co/datasets/scikit-learn/iris/resolve/refs%2Fpr%2F1/some%20dir/b%231.csv',
          sha256: 'b'.repeat(64),
        },
      ],
      content: { format: 'csv', dialect: { header: true, delimiter: ',' } },
      token_env: 'HF_TOKEN',
    },
  ],
  [
    'postgres',
    postgres('select * from orders', { urlEnv: 'SHOP_DB', cursor: 'id' }),
    { kind: 'postgres', url_env: 'SHOP_DB', query: 'select * from orders', cursor: 'id' },
  ],
  [
    's3',
    s3('s3://bucket/u/*.jsonl', { endpoint: 'http://127.0.0.1:9000', region: 'eu-west-3' }),
    {
      kind: 's3',
      uri: 's3://bucket/u/*.jsonl',
      content: { format: 'json' },
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-3',
    },
  ],
  ['images', images('photos.zip'), { kind: 'images', path: 'photos.zip', label: 'folder' }],
  ['images without labels', images('photos', { label: 'none' }), { kind: 'images', path: 'photos', label: 'none' }],
  ['files', files('docs'), { kind: 'files', path: 'docs' }],
  [
    'synthetic classification',
    synthetic.classification({ rows: 10, nFeatures: 4, nClustersPerClass: 1, flipY: 0, weights: [0.9] }),
    {
      kind: 'synthetic',
      generator: 'classification',
      rows: 10,
      seed: 1,
      params: { n_features: 4, n_clusters_per_class: 1, flip_y: 0, weights: [0.9] },
    },
  ],
  [
    'synthetic regression',
    synthetic.regression({ rows: 10, seed: 3, coefficients: [1, 2] }),
    { kind: 'synthetic', generator: 'regression', rows: 10, seed: 3, params: { coefficients: [1, 2] } },
  ],
  [
    'synthetic blobs',
    synthetic.blobs({ rows: 10, centers: [[1, 2]], clusterStd: [1], centerBox: [0, 1] }),
    {
      kind: 'synthetic',
      generator: 'blobs',
      rows: 10,
      seed: 1,
      params: { centers: [[1, 2]], cluster_std: [1], center_box: [0, 1] },
    },
  ],
  [
    'synthetic time series',
    synthetic.timeSeries({ rows: 10, stepSeconds: 60, driftAt: 0.5, driftMean: 3 }),
    {
      kind: 'synthetic',
      generator: 'time_series',
      rows: 10,
      seed: 1,
      params: { step_seconds: 60, drift_at: 0.5, drift_mean: 3 },
    },
  ],
])('%s', (_name, source, expected) => {
  expect(source).toEqual(expected)
  // What the helpers write is what the contract takes, as it stands.
  expect(SourceDefinition.parse(source)).toEqual(source)
})

describe('the format of a remote file', () => {
  test.each(['https://example.org/data', 's3://b/**'])('of %s has to be given', (address) => {
    const declare = address.startsWith('s3') ? s3 : http
    expect(() => declare(address)).toThrow('is not known')
    expect(declare(address, { format: 'json' })).toMatchObject({ content: { format: 'json' } })
    expect(declare(address, { csv: { decimal: ',' } })).toMatchObject({ content: { format: 'csv' } })
  })
})
