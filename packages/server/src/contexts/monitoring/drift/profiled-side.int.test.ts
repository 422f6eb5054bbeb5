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

/** Few names, and very many of which each comes twice. */
const shopOf = (row: number, shift: number) => `shop ${shift > 0 ? 'east' : 'west'} ${Math.floor(row / 2)}`

function csvOf(rows: number, seed: number, shift: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const value = spread(row, seed) * 10 + shift
    const plan = ['basic', 'standard', 'premium'][Math.floor(Math.abs(spread(row, seed + 1)) * (3 - shift))]
    const calls = Math.floor(Math.abs(spread(row, seed + 2)) * 4)
    const gap = row % 9 === 0 ? '' : (value * 2).toFixed(3)
    const words = `order ${row} of ${shift > 0 ? 'garden tools' : 'kitchen things'} number ${seed}${row}`
    const day = `2026-0${1 + (row % 9)}-01`
    return [row, value.toFixed(4), plan, calls, gap, row % 2 === 0, day, words, shopOf(row, shift)].join()
  })
  return `${['id', 'value', 'plan', 'calls', 'gap', 'isNew', 'day', 'words', 'shop'].join()}\n${lines.join('\n')}\n`
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

test('the rows of a profile lie within its range', async () => {
  const path = join(folder, 'range.csv')
  await writeFile(path, `value\n${Array.from({ length: 25_000 }, (_, row) => row * 1.5).join('\n')}\n`)
  await engine.use(path, async (connection, table) => {
    const profile = await profileSide(await tableSide(connection, table), ['value'], undefined)
    const kept = profile.columns[0]?.numbers
    expect(kept?.values).toHaveLength(10_000)
    expect([kept?.values[0], kept?.values.at(-1)]).toEqual([0, 24_999 * 1.5])
  })
})

test('numbers are spelt as classes are, in rows and in a profile', async () => {
  const path = join(folder, 'classes.csv')
  await writeFile(path, 'whole,real,flag,half\n1,1.0,true,0.5\n0,0.0,false,1.5\n1,,true,-2.0\n')
  await engine.use(path, async (connection, table) => {
    const rows = await tableSide(connection, table)
    const names = ['whole', 'real', 'flag', 'half']
    const kept = profiledSide(await profileSide(rows, names, undefined))
    for (const side of [rows, kept]) {
      const labels = async (name: string) => {
        const column = side.columns.get(name)
        if (column === undefined) return undefined
        const [found] = await side.labels([column])
        return found && [Object.fromEntries(found.counts.counts), found.counts.missing, found.isCutOff]
      }
      expect(await Promise.all(names.map(labels))).toEqual([
        [{ '0': 1, '1': 2 }, 0, false],
        [{ '0': 1, '1': 1 }, 1, false],
        [{ false: 1, true: 2 }, 0, false],
        [{ '-2': 1, '0.5': 1, '1.5': 1 }, 0, false],
      ])
    }
  })
})

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
    // Its sizes are those of the rows, and so is what is asked of them.
    const sizes = [ofRows, ofProfile].map(({ columns }) =>
      columns.map(({ referenceRows, method }) => [referenceRows, method]),
    )
    expect(sizes[1]).toEqual(sizes[0])
    expect(JSON.stringify(profile).length).toBeLessThan(1_500_000)
  })

  test('of more rows than it keeps has as many as are asked for', async () => {
    const { ofProfile } = await bothWays({ rows: 30_000, shift: 0 }, { mode, columns: ['value'], rowsMin: 20_000 })
    const [value] = ofProfile.columns
    expect(value?.state).toBe('not_enough_data')
    expect([value?.referenceRows, value?.currentRows]).toEqual([30_000, 800])
  })

  test('of very many labels is compared by the texts that it keeps', async () => {
    const { profile, ofProfile } = await bothWays({ rows: 30_000, shift: 0.6 }, { mode, columns: ['shop'] })
    expect(profile.columns[0]?.labels).toBeUndefined()
    expect(ofProfile.columns).toMatchObject([{ name: 'shop', type: 'text', state: 'tested', drift: true }])
    const types = new Map([['shop', 'cat'] as const])
    const asked = await bothWays({ rows: 30_000, shift: 0.6 }, { mode, columns: ['shop'], types })
    expect(asked.ofProfile.columns).toMatchObject([{ state: 'not_testable', drift: null }])
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
