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
    const folder = join(unfinished, `month_${String(index).padStart(3, '0')}`)
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
