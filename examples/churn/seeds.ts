// Lays the months of the invented people out as files, as a warehouse would deliver them: data/seeds/month_000/{users,features,labels}.csv.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { monthAfter, monthsOf } from './population.js'

/** Beside this file, whatever folder it was started from. */
const seedsFolder = fileURLToPath(new URL('data/seeds', import.meta.url))

const population = { users: 5_000, seed: 2025 } as const
const monthsInAll = 12
const tables = ['users', 'features', 'labels'] as const

type Row = Readonly<Record<string, string | number | boolean | Date>>

/** Months that have not come yet. */
const laterFolder = join(seedsFolder, 'later')

export const nameOfMonth = (index: number) => `month_${String(index).padStart(3, '0')}`

/** The months from this one on have not come yet; gives those that are put aside. */
export function putAside(from: number): readonly string[] {
  mkdirSync(laterFolder, { recursive: true })
  const months = Array.from({ length: monthsInAll - from }, (_, place) => nameOfMonth(from + place))
  for (const month of months) move(join(seedsFolder, month), join(laterFolder, month))
  return months
}

/** A month has come. */
export function letCome(month: string): void {
  move(join(laterFolder, month), join(seedsFolder, month))
}

/** Moved already, it stays: a step that was cut off begins anew. */
function move(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to)
}

/** No text of the invented people needs quotes. */
function csvOf(rows: readonly Row[]): string {
  const [first = {}] = rows
  const names = Object.keys(first)
  const cell = (value: Row[string] | undefined) =>
    value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : String(value)
  return `${[names.join(), ...rows.map((row) => names.map((name) => cell(row[name])).join())].join('\n')}\n`
}

/**
 * Writes twelve months, the newest of which is over, where there are none: all or nothing, also when two processes start at once. What is
 * there stays as it is, so that a month can be put aside.
 */
export function layOutSeeds(now = new Date()): void {
  if (existsSync(seedsFolder)) return
  const unfinished = `${seedsFolder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  const months = monthsOf({ ...population, months: monthsInAll, first: monthAfter(now, -monthsInAll) })
  let index = 0
  for (const month of months) {
    const folder = join(unfinished, nameOfMonth(index))
    mkdirSync(folder, { recursive: true })
    for (const table of tables) writeFileSync(join(folder, `${table}.csv`), csvOf(month[table]))
    index += 1
  }
  // Made from the seed, so nothing that belongs into a repository.
  writeFileSync(join(unfinished, '.gitignore'), '*\n')
  try {
    renameSync(unfinished, seedsFolder)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process was faster.
    if (!existsSync(seedsFolder)) throw error
  }
}
