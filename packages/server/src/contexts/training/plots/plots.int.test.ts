import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { estimatorNamed, learnCurve, runExperiment, type Table, table, textColumn } from '@fabrique/ml'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drawPlots, type PlottedReports } from './draw-plots.js'
import { encodePng } from './encode-png.js'
import { axisMarks, domainOf, figure, fitText, framedPlot, markText } from './plot-frame.js'
import { openLettering } from './plot-text.js'
import { readFont } from './read-font.js'

const require = createRequire(import.meta.url)

/**
 * Advance, bounds of all points, contours and points of some characters of Inter 5.3.0, as fontTools 4.68.0 reads them; é, j and ő are
 * made of other glyphs.
 */
const measured = [
  ['latin-400', 'A', 1413, [52, 0, 1361, 1490], 2, 19],
  ['latin-400', 'é', 1194, [104, -24, 1094, 1558], 3, 42],
  ['latin-400', 'g', 1256, [104, -442, 1098, 1132], 2, 54],
  ['latin-400', 'j', 496, [-26, -418, 374, 1539], 2, 25],
  ['latin-400', '%', 2011, [230, -29, 1781, 1514], 5, 68],
  ['latin-400', '−', 1355, [210, 497, 1147, 669], 1, 4],
  ['latin-600', 'A', 1490, [50, 0, 1441, 1490], 2, 19],
  ['latin-ext-400', 'ő', 1228, [104, -24, 1124, 1558], 4, 40],
  ['greek-400', 'Ω', 1577, [122, 0, 1455, 1510], 1, 42],
  ['cyrillic-400', 'Ж', 1966, [57, 0, 1909, 1490], 1, 22],
] as const

const fileOf = (part: string) => readFileSync(require.resolve(`@fontsource/inter/files/inter-${part}-normal.woff`))

describe('the font', () => {
  test.each(measured)('%s has %s', (part, character, advance, bounds, contours, points) => {
    const font = readFont(fileOf(part))
    expect(font.unitsPerEm).toBe(2048)
    const glyph = font.glyphOf(character.codePointAt(0) ?? 0)
    expect(glyph?.advance).toBe(advance)
    expect(glyph?.contours).toHaveLength(contours)
    const all = glyph?.contours.flat() ?? []
    expect(all).toHaveLength(points)
    const [xs, ys] = [all.map(({ x }) => x), all.map(({ y }) => y)]
    expect([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]).toEqual(bounds)
  })

  test('lacks the characters of other scripts, and a space has no outline', () => {
    const font = readFont(fileOf('latin-400'))
    expect(font.glyphOf(0x4e2d)).toBeUndefined()
    expect(font.glyphOf(0x20)).toEqual({ advance: 576, contours: [] })
  })

  test('is refused when it is another file, or cut off', () => {
    const whole = fileOf('latin-400')
    expect(() => readFont(new Uint8Array(100))).toThrow('no WOFF')
    expect(() => readFont(whole.subarray(0, 50))).toThrow(RangeError)
    expect(() => readFont(whole.subarray(0, 3000))).toThrow()
  })
})

describe('letters', () => {
  const letters = openLettering()
  const style = { size: 20.48 }

  test('are as wide as the font says, also of other scripts; unknown ones are boxes', () => {
    expect(letters.width('Aé', style)).toBeCloseTo(14.13 + 11.94, 10)
    expect(letters.width('ΩЖ', style)).toBeCloseTo(15.77 + 19.66, 10)
    expect(letters.width('A', { ...style, isBold: true })).toBeCloseTo(14.9, 10)
    expect(letters.width('中🙂', style)).toBeCloseTo(2 * 0.64 * 20.48, 10)
    expect(letters.path('', { x: 0, y: 0 }, style)).toBe('')
  })

  test('are cut off where there is no room', () => {
    expect(fitText(letters, 'petal_length', 1000, style)).toBe('petal_length')
    const cut = fitText(letters, 'petal_length', 60, style)
    expect(cut).toMatch(/^pet.*…$/)
    expect(letters.width(cut, style)).toBeLessThanOrEqual(60)
  })

  test.each([
    [false, { left: 100, top: 85.1, width: 14, height: 15 }],
    [true, { left: 85.1, top: 86.4, width: 15, height: 14 }],
  ])('stand where they are put (upright: %s)', async (isUpright, box) => {
    const path = letters.path('A', { x: 100, y: 100, isUpright }, style)
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><path d="${path}"/></svg>`
    const { info } = await sharp(Buffer.from(svg)).trim({ threshold: 1 }).toBuffer({ resolveWithObject: true })
    expect(Math.abs(-(info.trimOffsetLeft ?? 0) - box.left)).toBeLessThan(2)
    expect(Math.abs(-(info.trimOffsetTop ?? 0) - box.top)).toBeLessThan(2)
    expect([Math.abs(info.width - box.width) < 2, Math.abs(info.height - box.height) < 2]).toEqual([true, true])
  })
})

describe('axes', () => {
  test('have round marks and short numbers', () => {
    expect(axisMarks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(axisMarks([3, 3], 5)).toEqual([3])
    expect(domainOf([5, 5])).toEqual([4.5, 5.5])
    expect(domainOf([])).toEqual([0, 1])
    expect([0, -0.25, 12_000, 3e-7, 2.5e9].map(markText)).toEqual(['0', '−0.25', '12,000', '3e-7', '2.5e9'])
    expect(figure(0.123456)).toBe('0.1235')
  })

  test('hold text that means something in XML', async () => {
    const plot = { title: '<b> & "c"', caption: '</svg>', draw: () => '' }
    const axis = { label: '&amp;', domain: [0, 1] as const }
    const svg = framedPlot(openLettering(), { ...plot, x: axis, y: axis, legend: [{ name: '<i>' }] })
    expect(svg).not.toContain('<b>')
    expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(720)
  })
})

describe('PNG', () => {
  test('few colours are kept as they are', async () => {
    const colors = [
      [255, 255, 255],
      [26, 95, 201],
      [230, 110, 32],
    ]
    const data = Uint8Array.from({ length: 40 * 30 * 4 }, (_, at) =>
      at % 4 === 3 ? 255 : (colors[Math.floor(at / 4) % 3]?.[at % 4] ?? 0),
    )
    const png = await encodePng({ data, width: 40, height: 30 }, 5669)
    const { data: read, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height, Uint8Array.from(read)]).toEqual([40, 30, data])
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', density: 144, isPalette: true })
  })

  test('of many colours each becomes one near to it', async () => {
    const data = Uint8Array.from({ length: 64 * 64 * 4 }, (_, at) => {
      const pixel = Math.floor(at / 4)
      return (
        [pixel % 64, Math.floor(pixel / 64), 32, 255].map((value, channel) => (channel === 3 ? value : value * 4))[
          at % 4
        ] ?? 0
      )
    })
    const read = await sharp(await encodePng({ data, width: 64, height: 64 }, 5669))
      .ensureAlpha()
      .raw()
      .toBuffer()
    const furthest = data.reduce((most, value, at) => Math.max(most, Math.abs(value - (read[at] ?? 0))), 0)
    expect(furthest).toBeLessThan(48)
  })
})

/** Rows whose classes and values follow from their columns with some noise; the same each time. */
function rowsOf(classes: readonly string[]): Table {
  const count = 240
  const noise = (row: number, salt: number) => Math.sin(row * 12.9898 + salt * 78.233) * 0.8
  const numbers = (value: (row: number) => number) => Float64Array.from({ length: count }, (_, row) => value(row))
  return table([
    { kind: 'number', name: 'a', values: numbers((row) => (row % classes.length) + noise(row, 1)) },
    { kind: 'number', name: 'b', values: numbers((row) => noise(row, 2)) },
    { kind: 'number', name: 'amount', values: numbers((row) => 3 * (row % classes.length) + noise(row, 3)) },
    textColumn(
      'class',
      Array.from({ length: count }, (_, row) => classes[row % classes.length] ?? ''),
    ),
  ])
}

async function reportsOf(rows: Table, target: string, kind: string): Promise<PlottedReports> {
  const definition = {
    target,
    features: ['a', 'b'],
    estimator: { kind },
    split: { kind: 'random', testShare: 0.25 },
    seed: 1,
  } as const
  const run = { estimators: estimatorNamed }
  const task = target === 'class' ? 'classification' : 'regression'
  const experiment = await runExperiment(rows, { ...definition, task }, run)
  return {
    ...experiment.reports,
    feature_importances: { a: 0.9, b: -0.1 },
    learning_curve: await learnCurve(rows, definition, experiment, run, { folds: 3 }),
  }
}

const kibibyte = 1024

describe('plots of a training', () => {
  test.each([
    {
      name: 'a classifier',
      target: 'class',
      kind: 'gaussian_nb',
      drawn: [
        'confusion_matrix',
        'roc_curve',
        'precision_recall_curve',
        'calibration_curve',
        'feature_importances',
        'learning_curve',
      ],
    },
    {
      name: 'a regressor',
      target: 'amount',
      kind: 'ridge',
      drawn: ['predictions', 'residuals_by_prediction', 'residuals', 'feature_importances', 'learning_curve'],
    },
  ])('of $name are pictures of twice their size, and the same each time', async ({ target, kind, drawn }) => {
    const reports = await reportsOf(rowsOf(['setosa', 'versicolor', 'virginica']), target, kind)
    const { pictures, failures } = await drawPlots(reports)
    expect(failures).toEqual([])
    expect(Object.keys(pictures)).toEqual(drawn)
    for (const picture of Object.values(pictures)) {
      expect(picture.byteLength).toBeLessThan(100 * kibibyte)
      expect(await sharp(picture).metadata()).toMatchObject({ format: 'png', width: 1440, density: 144 })
      // More than a title on white.
      const { entropy } = await sharp(picture).extract({ left: 100, top: 180, width: 1000, height: 200 }).stats()
      expect(entropy).toBeGreaterThan(0.1)
    }
    expect((await drawPlots(reports)).pictures).toEqual(pictures)
  })

  test('of many classes with long names in several scripts', async () => {
    const classes = Array.from(
      { length: 40 },
      (_, code) => `${['Catégorie très longue', 'Категория', '類'][code % 3]} <${code}> & "x"`,
    )
    const counts = classes.map((_, truth) =>
      classes.map((__, predicted) => (truth === predicted ? 50 : (truth * predicted) % 7)),
    )
    const { pictures, failures } = await drawPlots({ confusion_matrix: { classes, counts } })
    expect(failures).toEqual([])
    expect(pictures.confusion_matrix?.byteLength).toBeLessThan(100 * kibibyte)
  })

  test('one that fails is left out and told of; the others are there', async () => {
    const reports: PlottedReports = {
      confusion_matrix: {
        classes: ['a', 'b'],
        counts: [
          [3, 1],
          [0, 4],
        ],
      },
      // @ts-expect-error A curve without points.
      roc_curve: [{ name: 'a', auc: 0.5 }],
    }
    const { pictures, failures } = await drawPlots(reports)
    expect(Object.keys(pictures)).toEqual(['confusion_matrix'])
    expect(failures).toMatchObject([{ name: 'roc_curve', error: expect.any(TypeError) }])
  })

  test('without reports there are none', async () => {
    expect(await drawPlots({ roc_curve: [], calibration_curve: [] })).toEqual({ pictures: {}, failures: [] })
  })
})
