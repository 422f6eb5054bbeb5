// How often vectors alarm where nothing changed (nominal 5 %), and how often where something did, by each method, calibrated and with the threshold of
// Evidently: `npm run bench -- drift --rows vectors [--repetitions 1000]`, of which a tenth is made, as each takes long.

import { compareEmbedding, driftSettings, embeddingMethodNames } from '@fabrique/ml/drift'
import { createRandom } from '@fabrique/ml/random'

const dimension = 64
const sizes = [
  [100, 50],
  [500, 200],
]
const cases = {
  'nothing changed': (value) => value,
  'means + 0.1 deviations': (value) => value + 0.1,
  'one mean + 0.5': (value, place) => value + (place === 0 ? 0.5 : 0),
  '10 % wider': (value) => value * 1.1,
}

const normalOf = (random) => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())

function vectors(random, rows, change) {
  const values = Float64Array.from({ length: rows * dimension }, (_, at) => change(normalOf(random), at % dimension))
  return { dimension, values, rows, missing: 0, others: 0 }
}

const percent = (share) => `${Math.round(100 * share)} %`

/** Prints a table for each case and gives the shares of alarms of the calibrated mode where nothing changed. */
export async function vectorAlarms({ repetitions = 100 } = {}) {
  const quiet = []
  for (const [name, change] of Object.entries(cases)) {
    console.log(`\n${name}: share of alarms, calibrated | as Evidently; ${repetitions} repetitions`)
    for (const method of embeddingMethodNames) {
      const cells = []
      for (const [n, m] of sizes) {
        const random = createRandom(n)
        const found = { calibrated: 0, evidently: 0 }
        for (let round = 0; round < repetitions; round += 1) {
          const pair = { reference: vectors(random, n, (value) => value), current: vectors(random, m, change) }
          for (const mode of Object.keys(found)) {
            const { drift } = await compareEmbedding({ name: 'v', ...pair, method }, driftSettings(mode))
            if (drift === true) found[mode] += 1
          }
        }
        const share = found.calibrated / repetitions
        if (name === 'nothing changed') quiet.push({ method, n, m, share })
        cells.push(`${n}/${m}: ${percent(share)} | ${percent(found.evidently / repetitions)}`.padEnd(28))
      }
      console.log(`  ${method.padEnd(10)} ${cells.join('')}`.trimEnd())
    }
  }
  return quiet
}
