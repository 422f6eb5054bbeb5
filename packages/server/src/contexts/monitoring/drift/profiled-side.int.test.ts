import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FileEngine, openFileEngine } from '../../../platform/plain-files/index.js'
import { compareSides, type DriftOptions } from './compare-sides.js'
import { profiledSide } from './profiled-side.js'
import { type Side, tableSide } from './side.js'
import { ProfiledPart, profileSide } from './training-profile.js'

/** Numbers that follow from the place, spread over [0, 1). */
const spread = (row: number, seed: number) => (Math.sin(row * 12.9898 + seed * 78.233) * 43_758.5453) % 1

function csvOf(rows: number, seed: number, shift: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const value = spread(row, seed) * 10 + shift
    const plan = ['basic', 'standard', 'premium'][Math.floor(Math.abs(spread(row, seed + 1)) * (3 - shift))]
    const calls = Math.floor(Math.abs(spread(row, seed + 2)) * 4)
    const gap = row % 9 === 0 ? '' : (value * 2).toFixed(3)
    const words = `order ${row} of ${shift > 0 ? 'garden tools' : 'kitchen things'} number ${seed}${row}`
    return [row, value.toFixed(4), plan, calls, gap, row % 2 === 0, `2026-0${1 + (row % 9)}-01`, words].join()
  })
  return `${['id', 'value', 'plan', 'calls', 'gap', 'isNew', 'day', 'words'].join()}\n${lines.join('\n')}\n`
}

let folder: string
let engine: FileEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-profile-'))
  engine = await openFileEngine({ tempFolder: folder, threads: 1 })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

interface Made {
  readonly rows: number
  readonly shift: number
}

/** Compares with the rows of a reference, and with the profile of them as it is stored. */
async function bothWays({ rows, shift }: Made, options: DriftOptions) {
  const [one, other] = [join(folder, 'reference.csv'), join(folder, 'current.csv')]
  await writeFile(one, csvOf(rows, 1, 0))
  await writeFile(other, csvOf(800, 2, shift))
  return engine.use(one, (first, was) =>
    engine.use(other, async (second, now) => {
      const reference = await tableSide(first, was)
      const current = await tableSide(second, now)
      const profile = await profileSide(reference, [...reference.columns.keys()], undefined)
      const kept = profiledSide(ProfiledPart.parse(JSON.parse(JSON.stringify(profile))))
      const report = async (side: Side) => (await compareSides({ reference: side, current }, options)).report
      return { profile, ofRows: await report(reference), ofProfile: await report(kept) }
    }),
  )
}

describe.each(['calibrated', 'evidently'] as const)('a profile, in the mode %s', (mode) => {
  test.each([0, 0.6])('of few values decides as its rows do, digit by digit: shift %s', async (shift) => {
    const { ofRows, ofProfile } = await bothWays({ rows: 900, shift }, { mode })
    const plain = (column: (typeof ofRows.columns)[number]) => [column.name, column.state, column.score, column.drift]
    // The order of texts is another, and with it the last digits of the classifier.
    const [columns, kept] = [ofRows, ofProfile].map(({ columns: all }) => all.filter(({ type }) => type !== 'text'))
    expect(kept?.map(plain)).toEqual(columns?.map(plain))
    expect(ofProfile.columns.find(({ name }) => name === 'words')?.state).toBe('tested')
    expect(ofProfile.datasetDrift).toBe(ofRows.datasetDrift)
  })

  test('of very many values keeps some at even ranks, and decides the same', async () => {
    const { profile, ofRows, ofProfile } = await bothWays(
      { rows: 30_000, shift: 0.6 },
      { mode, columns: ['value', 'plan'] },
    )
    const value = profile.columns.find(({ name }) => name === 'value')
    expect(value?.numbers?.counts).toBeUndefined()
    expect(value?.numbers?.values).toHaveLength(10_000)
    expect(ofProfile.columns.map(({ drift }) => drift)).toEqual(ofRows.columns.map(({ drift }) => drift))
    const [own, kept] = [ofRows, ofProfile].map(({ columns }) => columns.find(({ name }) => name === 'plan')?.score)
    expect(kept).toBe(own)
    expect(JSON.stringify(profile).length).toBeLessThan(1_500_000)
  })

  test('has no answer for what it does not keep, and never "no drift"', async () => {
    const { ofProfile } = await bothWays(
      { rows: 900, shift: 0 },
      { mode, columns: ['day', 'value'], types: new Map([['day', 'cat'] as const, ['value', 'text'] as const]) },
    )
    expect(ofProfile.columns.map(({ state, drift }) => [state, drift])).toEqual([
      ['not_testable', null],
      ['not_testable', null],
    ])
  })
})
