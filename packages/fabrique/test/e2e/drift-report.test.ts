import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFabrique } from '../support/running-fabrique.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-drift-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${[columns, ...rows].map((row) => row.join(',')).join('\n')}\n`)
  return path
}

/** Numbers that are spread evenly: the same on every machine. */
const spread = (index: number) => ((index * 0.6180339887) % 1) * 10

const report = (reference: string, current: string, ...args: string[]) =>
  runFabrique(['drift', 'report', '--reference', reference, '--current', current, ...args])

interface Column {
  readonly name: string
  readonly type: string
  readonly state: string
  readonly method: string | null
  readonly score: number | null
  readonly drift: boolean | null
  readonly reference_rows: number
  readonly current_rows: number
}
const columnsOf = (stdout: string) =>
  Object.fromEntries((JSON.parse(stdout).columns as Column[]).map((column) => [column.name, column]))

describe('fabrique drift report', () => {
  const names = ['hours', 'plan', 'visits']
  const rows = (n: number, shift: number) =>
    Array.from({ length: n }, (_, index) => [
      spread(index) + shift + 0.5,
      index % 3 === 0 ? 'gold' : 'basic',
      index % 7,
    ])

  test('what moved is told with status 1, what did not with 0', async () => {
    const reference = file('reference.csv', names, rows(400, 0))
    const moved = await report(reference, file('moved.csv', names, rows(300, 3)), '--json')
    expect([moved.status, moved.stderr]).toEqual([1, ''])
    const columns = columnsOf(moved.stdout)
    expect(columns.hours).toMatchObject({ type: 'num', state: 'tested', method: 'ks', drift: true, threshold: 0.05 })
    expect(columns.hours).toMatchObject({ reference_rows: 400, current_rows: 300 })
    expect(columns.plan).toMatchObject({ type: 'cat', method: 'z', drift: false })
    // Seven whole numbers are labels to Evidently.
    expect(columns.visits).toMatchObject({ type: 'cat', method: 'chisquare', drift: false })
    expect(JSON.parse(moved.stdout)).toMatchObject({
      mode: 'evidently',
      drifted_columns: 1,
      drift: false,
      drift_share: 1 / 3,
    })
    const same = await report(reference, file('same.csv', names, rows(300, 0)), '--mode', 'calibrated', '--json')
    expect([same.status, JSON.parse(same.stdout).drift]).toEqual([0, false])
    const share = await report(reference, join(folder, 'moved.csv'), '--drift-share', '0.5')
    expect(share.status).toBe(0)
  })

  test('types and methods by column', async () => {
    const reference = file('reference.csv', names, rows(400, 0))
    const flags = ['--type', 'visits=num', '--method', 'visits=psi', '--method', 'plan=jensenshannon', '--json']
    const columns = columnsOf((await report(reference, reference, ...flags)).stdout)
    expect(columns.visits).toMatchObject({ type: 'num', method: 'psi', score: 0 })
    expect(columns.plan).toMatchObject({ method: 'jensenshannon', score: 0 })
    for (const [flag, value] of [
      ['--method', 'plan=nothing'],
      ['--method', 'gone=ks'],
      ['--type', 'plan=date'],
      ['--type', 'plan'],
      ['--min-rows', '1'],
      ['--drift-share', '0'],
      ['--alpha', '0.1'],
    ] as const) {
      const refused = await report(reference, reference, flag, value)
      expect([flag, value, refused.status, refused.stderr.includes(flag)]).toEqual([flag, value, 2, true])
    }
  })

  test('vectors are one row, from columns or from texts of lists, and slips of the pen are refused', async () => {
    const vector = (index: number, shift: number) => [
      spread(index) + shift,
      spread(index * 3 + 1),
      spread(index * 7 + 2),
    ]
    const columnsFile = (name: string, n: number, shift: number) =>
      file(
        name,
        ['v0', 'v1', 'v2', 'visits'],
        Array.from({ length: n }, (_, index) => [...vector(index, shift), index % 7]),
      )
    const listsFile = (name: string, n: number, shift: number) =>
      file(
        name,
        ['list', 'visits'],
        Array.from({ length: n }, (_, index) => [`"${JSON.stringify(vector(index, shift))}"`, index % 7]),
      )
    const [reference, moved] = [columnsFile('vectors.csv', 300, 0), columnsFile('vectors-moved.csv', 200, 3)]
    const flags = ['--embedding', 'vec=v*', '--mode', 'calibrated', '--json'] as const
    const found = await report(reference, moved, ...flags)
    expect([found.status, found.stderr]).toEqual([1, ''])
    const columns = columnsOf(found.stdout)
    expect(Object.keys(columns)).toEqual(['visits', 'vec'])
    expect(columns.vec).toMatchObject({ type: 'embedding', method: 'mmd', drift: true, current_rows: 200 })
    const lists = [listsFile('lists.csv', 300, 0), listsFile('lists-moved.csv', 200, 3)] as const
    const ofLists = columnsOf((await report(...lists, '--embedding', 'vec=list', ...flags.slice(2))).stdout)
    expect(ofLists.vec?.score).toBeCloseTo(columns.vec?.score ?? Number.NaN, 12)
    const html = join(folder, 'vectors.html')
    const named = ['--embedding', 'vec=v0,v1,v2', '--method', 'vec=distance', '--html', html, '--lang', 'fr']
    expect((await report(reference, moved, ...named)).stdout).toContain('distance des vecteurs moyens')
    expect(readFileSync(html, 'utf8')).toContain('vecteurs actuels de 3 nombres')
    expect((await report(reference, lists[0], '--embedding', 'vec=v*', '--json')).status).toBe(1)
    for (const [flag, ...others] of [
      ['v*'],
      ['vec='],
      ['vec=v0,,v1'],
      ['vec=w*'],
      ['visits=v*'],
      ['vec=v*', '--embedding', 'vec=v0'],
      ['vec=v*', '--embedding', 'other=v0,v1'],
    ] as const) {
      const refused = await report(reference, reference, '--embedding', flag, ...others)
      const tells = refused.stderr.includes('--embedding')
      expect([flag, others, refused.status, tells]).toEqual([flag, others, 2, true])
    }
    const method = await report(reference, reference, '--embedding', 'vec=v*', '--method', 'vec=ks')
    expect([method.status, method.stderr.includes('model, distance, mmd, ratio')]).toEqual([2, true])
  })

  test.each(['evidently', 'calibrated'])(
    'what cannot be compared has a state, and no neighbour fails: %s',
    async (mode) => {
      const all = ['x', 'constant', 'empty', 'infinite', 'gone', 'typed', 'day', 'labels']
      const row = (index: number) => [
        spread(index) + 0.5,
        5,
        index + 0.5,
        index % 2 === 0 ? 'inf' : spread(index) + 0.5,
        index,
        index + 0.25,
        `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
        index % 2,
      ]
      const reference = file(
        'all.csv',
        all,
        Array.from({ length: 200 }, (_, index) => row(index)),
      )
      const current = file(
        'now.csv',
        all.map((name) => (name === 'gone' ? 'new' : name)),
        Array.from({ length: 180 }, (_, index) =>
          row(index).map((value, at) => (at === 2 ? '' : at === 5 ? 'abc' : at === 7 ? 9 : value)),
        ),
      )
      const found = await report(reference, current, '--mode', mode, '--json')
      expect([found.status, found.stderr]).toEqual([1, ''])
      const columns = columnsOf(found.stdout)
      expect(
        Object.fromEntries(Object.entries(columns).map(([name, { state, drift }]) => [name, [state, drift]])),
      ).toEqual({
        x: ['tested', false],
        constant: ['tested', false],
        empty: ['no_values', null],
        infinite: ['tested', false],
        gone: ['missing_column', null],
        typed: ['type_changed', null],
        day: ['not_testable', null],
        labels: ['tested', true],
        new: ['missing_column', null],
      })
      expect(columns.infinite).toMatchObject({ reference_rows: 100, current_rows: 90, reference_missing: 100 })
    },
  )

  test('what could not be compared as it should is told with status 1, in words and colours', async () => {
    const reference = file('reference.csv', names, rows(400, 0))
    const lost = file(
      'lost.csv',
      names.slice(0, 2),
      rows(300, 0).map((row) => row.slice(0, 2)),
    )
    const html = join(folder, 'lost.html')
    const told = await report(reference, lost, '--html', html, '--lang', 'en')
    expect([told.status, told.stderr]).toEqual([1, ''])
    expect(told.stdout).toMatch(/^✗ 1 column could not be compared as it should. No drift of the others as a whole/)
    const page = readFileSync(html, 'utf8')
    expect(page).toContain('class="verdict drift"')
    expect(page).toContain('<span class="mark drift">on one side only</span>')
    const json = await report(reference, lost, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ drift: false, broken_columns: 1 })
    expect(columnsOf(json.stdout).visits).toMatchObject({ state: 'missing_column', broken: true, drift: null })
    const refused = await report(reference, reference, '--method', 'plan=ks', '--json')
    expect([refused.status, columnsOf(refused.stdout).plan?.state]).toEqual([1, 'not_testable'])
    const unread = await report(reference, reference, '--type', 'plan=num', '--json')
    expect([unread.status, columnsOf(unread.stdout).plan?.state]).toEqual([1, 'not_testable'])
  })

  test('times of day and durations are no numbers, and no reason to fail; names move no cursor', async () => {
    const hostile = 'x\u001b[2K'
    const clocks = Array.from({ length: 100 }, (_, index) => [
      `10:${String(index % 60).padStart(2, '0')}:00`,
      `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
      spread(index) + 0.5,
    ])
    const reference = file('clocks.csv', ['t', 'day', hostile], clocks)
    const found = await report(reference, reference, '--type', 't=num', '--type', 'day=num', '--json')
    expect([found.status, found.stderr]).toEqual([1, ''])
    const columns = columnsOf(found.stdout)
    expect(columns.t).toMatchObject({ type: 'num', state: 'not_testable', broken: true })
    expect(columns.day).toMatchObject({ type: 'num', state: 'tested', drift: false })
    expect(columns[hostile]).toMatchObject({ state: 'tested', drift: false })
    const byMethod = await report(reference, reference, '--method', 'day=ks', '--json')
    expect([byMethod.status, columnsOf(byMethod.stdout).day]).toMatchObject([
      1,
      { state: 'not_testable', broken: true },
    ])
    const html = join(folder, 'clocks.html')
    const told = await report(reference, reference, '--html', html)
    expect(told.status).toBe(0)
    expect(told.stdout).not.toContain('\u001b[2K')
    expect(readFileSync(html, 'utf8')).not.toContain('\u001b')
  })

  test('too few rows are no "no drift"', async () => {
    const reference = file('reference.csv', names, rows(400, 0))
    const one = await report(reference, file('one.csv', names, rows(1, 0)), '--json')
    expect([one.status, JSON.parse(one.stdout).drift]).toEqual([1, null])
    expect(columnsOf(one.stdout).hours).toMatchObject({ state: 'not_enough_data', score: null, drift: null })
    const none = await report(reference, file('none.csv', names, []), '--json')
    expect([none.status, columnsOf(none.stdout).hours?.state]).toEqual([1, 'no_values'])
    const nothing = await report(reference, join(folder, 'absent.csv'))
    expect([nothing.status, nothing.stdout]).toEqual([2, ''])
  })

  test('the page is one small file without scripts, in the language asked for, and names are only names', async () => {
    const odd = ['<b>&"', ...Array.from({ length: 64 }, (_, index) => `column ${index}`)]
    const wide = (n: number) =>
      Array.from({ length: n }, (_, index) =>
        odd.map((_, at) => (at % 4 === 3 ? `label ${index % 12}` : spread(index + at) + 0.5)),
      )
    const [reference, current] = [
      file(
        'wide.csv',
        odd.map((name) => `"${name.replaceAll('"', '""')}"`),
        wide(300),
      ),
      file(
        'wide-now.csv',
        odd.map((name) => `"${name.replaceAll('"', '""')}"`),
        wide(280),
      ),
    ]
    const html = join(folder, 'report.html')
    const written = await report(reference, current, '--html', html, '--lang', 'fr')
    expect(written.stderr).toBe('')
    expect(written.stdout).toContain(html)
    const page = readFileSync(html, 'utf8')
    expect(page.length).toBeLessThan(400_000)
    expect(page.match(/<svg/g)).toHaveLength(65)
    expect(page).toContain('lang="fr"')
    expect(page).not.toMatch(/<script|<b>|https?:/)
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
    const refused = await report(reference, current, '--html', join(folder, 'absent', 'report.html'))
    expect(refused.status).toBe(3)
  })
})
