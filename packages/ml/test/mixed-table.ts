import { type Table, type TableColumn, table, textColumn } from '../src/data/table.js'
import { createRandom } from '../src/random/create-random.js'

const things = [
  'Table',
  'Chaise',
  'Étagère',
  'Lampe',
  'Canapé',
  'Bureau',
  'Tapis',
  'Miroir',
  'Commode',
  'Fauteuil',
  'Œuvre',
  'LIT',
]
const looks = [
  'en chêne massif',
  'd’appoint',
  'de jardin',
  'à LED',
  'extensible',
  'rétro',
  'bleu nuit',
  '80x120',
  'pour l’été',
  'ÉLÉGANTE',
]
const ends = ['neuf', 'livraison gratuite !', 'état: très bon', '— promo', 'n° 12', '', '☃ 𝒳y', 'ΟΔΟΣ Straße', 'x']

/** Seeded French product titles. */
export function productTitle(random: ReturnType<typeof createRandom>): string {
  const pick = (words: readonly string[]) => words[random.intBelow(words.length)] ?? ''
  const spaces = random.intBelow(10) === 0 ? '  \t ' : ' '
  return [pick(things), pick(looks), pick(things), pick(looks), pick(ends)].join(spaces)
}

/** Rows of every kind of column, some values missing; `y` and `group` depend on the others. */
export function mixedTable(rowCount: number, seed: number): Table {
  const random = createRandom(seed)
  const from = (make: () => number) => Float64Array.from({ length: rowCount }, make)
  const sometimes = (value: number) => (random.float() < 0.1 ? Number.NaN : value)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  const age = from(() => sometimes(18 + 60 * random.float()))
  const income = from(() => Math.exp(normal() + 10))
  const children = from(() => sometimes(random.intBelow(4)))
  const balance = from(() => 1000 * normal())
  const cities = ['Paris', 'Lyon', 'Marseille', 'Nice', 'Brest']
  const pick = (items: readonly string[]) => items[random.intBelow(items.length)] ?? ''
  const city = textColumn(
    'city',
    Array.from({ length: rowCount }, () => (random.float() < 0.05 ? null : pick(cities))),
  )
  const zip = textColumn(
    'zip',
    Array.from({ length: rowCount }, () => `${10_000 + random.intBelow(200)}`),
  )
  const title = textColumn(
    'title',
    Array.from({ length: rowCount }, () => (random.float() < 0.03 ? null : productTitle(random))),
  )
  const since = from(() => sometimes(Math.floor((random.float() - 0.3) * 4e12)))
  const y = from(() => normal()).map((noise, row) => noise + (balance[row] ?? 0) / 500 + (children[row] || 0))
  const group = textColumn(
    'group',
    Array.from(y, (value) => (value < -1 ? 'low' : value < 1 ? 'middle' : 'high')),
  )
  const number = (name: string, values: Float64Array): TableColumn => ({ kind: 'number', name, values })
  return table([
    number('age', age),
    number('income', income),
    number('children', children),
    number('balance', balance),
    city,
    zip,
    title,
    { kind: 'time', name: 'since', values: since },
    number('y', y),
    group,
  ])
}

/** The column as a target of classes. */
export function classesOf({ columns }: Table, name: string) {
  const column = columns.find((one) => one.name === name)
  if (column?.kind !== 'text') throw new Error(`no text column ${name}`)
  return {
    kind: 'classes',
    labels: { kind: 'class_labels', codes: column.codes, classes: column.categories },
  } as const
}

/** The column as a target of numbers. */
export function valuesOf({ columns }: Table, name: string) {
  const column = columns.find((one) => one.name === name)
  if (column?.kind !== 'number') throw new Error(`no number column ${name}`)
  return { kind: 'values', values: column.values } as const
}
