// Features and targets as estimators saw them, as little-endian files: dense ones column by column, sparse ones as CSR.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes each matrix once, however many estimators have seen it; `index` says what stands in which file. */
export function featureStore(folder) {
  const known = new Map()
  const index = []

  function write(name, values) {
    writeFileSync(join(folder, name), new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return name
  }

  function writeMatrix(name, features) {
    if (!('columns' in features)) {
      const { rowCount, columnCount } = features
      const parts = ['rowStarts', 'columnIds', 'values'].map((part) => write(`${name}.${part}`, features[part]))
      return { rowCount, columnCount, parts, categories: [] }
    }
    const { rowCount, columns } = features
    const dense = new Float32Array(rowCount * columns.length)
    for (const [at, { values }] of columns.entries()) dense.set(values, at * rowCount)
    const categories = columns.flatMap(({ categoryCount }, at) => (categoryCount === undefined ? [] : [at]))
    return { rowCount, columnCount: columns.length, parts: [write(name, dense)], categories }
  }

  function writeTarget(name, target) {
    return target === null ? null : write(name, target)
  }

  return {
    index,
    /** The position in `index` of what a training saw. */
    keep({ key, kept: { train, test }, testTarget }) {
      const place = `${key} ${'columns' in train.features}`
      if (known.has(place)) return known.get(place)
      const at = index.length
      const { features, target } = train
      const learnt = target === null ? null : target.kind === 'classes' ? target.labels.codes : target.values
      index.push({
        train: writeMatrix(`${at}.train`, features),
        test: testTarget === null ? null : writeMatrix(`${at}.test`, test),
        trainTarget: writeTarget(`${at}.train_target`, learnt),
        testTarget: writeTarget(`${at}.test_target`, testTarget),
      })
      known.set(place, at)
      return at
    },
  }
}
