// What people do with many runs: find, order, group, select, compare, draw, save, export, watch.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { logMetric, logRun } from './seed-runs.mjs'

export async function runJourneys(context) {
  await findAnExperiment(context)
  await filterByKeyboard(context)
  await orderAndColumns(context)
  await scrollThroughAll(context)
  await selectAndCompare(context)
  await deleteAndUndo(context)
  await groupAndOpen(context)
  await saveAView(context)
  await exportAll(context)
  await watchLive(context)
  await missNothing(context)
  await readCharts(context)
  await brushByKeyboard(context)
}

const runsOf = ({ sweep }, search = '') => `/p/${encodeURIComponent(sweep.name)}/runs${search}`
const table = (page) => page.getByRole('region', { name: 'Runs, table' })

async function post(base, path, body) {
  const reply = await fetch(`${base}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return reply.json()
}

async function findAnExperiment({ browser, base, test, expect, things }) {
  await test('runs: find an experiment and open its runs', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Experiments' }).click()
    await page.getByRole('searchbox', { name: 'Find an experiment' }).fill('sweep/1')
    await page.getByText('1 experiment', { exact: true }).waitFor()
    await page.getByRole('link', { name: things.sweep.name }).click()
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor()
    await table(page).getByRole('link', { name: 'curve-3' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function filterByKeyboard({ browser, base, test, expect, things }) {
  await test('runs: filter with completion, by keyboard alone; the link shows the same', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things))
    await table(page).focus()
    await page.keyboard.press('f')
    await page.keyboard.type('solv')
    await page.getByRole('option', { name: /params\.solver/ }).waitFor()
    await until(() => axeViolations(page), [])
    for (const key of ['ArrowDown', 'Enter', 'ArrowDown', 'Enter', 'ArrowDown', 'Enter', 'Escape', 'Enter'])
      await page.keyboard.press(key)
    await page.waitForURL(/filter=/)
    const filter = new URL(page.url()).searchParams.get('filter')
    expect(/^params\.solver = '(adam|sgd|rmsprop)'$/.test(filter), true)
    const { count } = await post(base, 'runs/count', { experiment_ids: [things.sweep.id], filter })
    await page.getByText(`${count} runs match`, { exact: true }).waitFor()
    const again = await openWindow(browser, { base })
    await again.page.goto(page.url())
    await again.page.getByText(`${count} runs match`, { exact: true }).waitFor()
    await again.close()
    await page.goBack()
    await page.getByText(/^\d+ runs$/).waitFor()
    expect(problems, [])
    await close()
  })
  await test('runs: what the server says against a filter stands at the filter', async () => {
    const { page, expectStatus, go, close } = await openWindow(browser, { base })
    expectStatus(400)
    await go(runsOf(things))
    const filter = page.getByRole('combobox', { name: 'Filter' })
    await filter.fill('metrics.accuracy >')
    await filter.press('Escape')
    await filter.press('Enter')
    await page
      .getByRole('alert')
      .getByText(/not valid/)
      .waitFor()
    await until(() => filter.getAttribute('aria-invalid'), 'true')
    await table(page).getByRole('link', { name: 'curve-3' }).waitFor()
    await until(() => axeViolations(page), [])
    await filter.fill('curve')
    await filter.press('Enter')
    await page.getByText('4 runs match', { exact: true }).waitFor()
    await close()
  })
}

async function orderAndColumns({ browser, base, test, expect, things }) {
  await test('runs: the server orders by any column, and a metric shows the figure one chooses', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things))
    await table(page).getByRole('button', { name: 'accuracy' }).click()
    await page.waitForURL(/sort=-metrics\.accuracy/)
    const { items } = await post(base, 'runs/search', {
      experiment_ids: [things.sweep.id],
      order_by: ['metrics.accuracy DESC'],
      limit: 2,
    })
    await page.waitForFunction(
      (name) => document.querySelector('tr[data-index="0"] a')?.textContent === name,
      items[0].name,
    )
    await until(() => page.locator('tr[data-index="1"] a').textContent(), items[1].name)
    await until(() => page.getByRole('columnheader', { name: 'accuracy' }).getAttribute('aria-sort'), 'descending')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('textbox', { name: 'Find a column' }).fill('train')
    await page.getByRole('checkbox', { name: 'train/loss' }).setChecked(true)
    await page.getByRole('combobox', { name: 'Figure of train/loss' }).selectOption('min')
    await until(() => axeViolations(page), [])
    await page.keyboard.press('Escape')
    await page.getByRole('columnheader', { name: 'train/loss (lowest)' }).waitFor()
    await page.getByRole('button', { name: 'train/loss (lowest)' }).click()
    await page.waitForURL(/sort=-min/)
    await page.waitForFunction(() => document.querySelector('tr[data-index="0"] a')?.textContent === 'curve-3')
    await go(runsOf(things))
    await page.getByRole('columnheader', { name: 'train/loss (lowest)' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function scrollThroughAll({ browser, base, test, expect, things }) {
  await test('runs: few rows are in the document, and the last is reached by scrolling', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things))
    await table(page).getByRole('link', { name: 'curve-3' }).waitFor()
    const total = Number(await table(page).getByRole('table').getAttribute('aria-rowcount')) - 1
    expect(total >= 150, true)
    await until(async () => (await page.locator('.runs-table tbody tr').count()) < 80, true)
    // The region grows while the runs further down arrive.
    await until(async () => {
      await table(page).evaluate((region) => region.scrollTo(0, region.scrollHeight))
      return table(page).getByRole('link', { name: 'trial-000' }).count()
    }, 1)
    await until(async () => (await page.locator('.runs-table tbody tr').count()) < 80, true)
    expect(problems, [])
    await close()
  })
}

async function selectAndCompare({ browser, base, test, expect, things }) {
  await test('runs: select two by keyboard and compare them against a baseline', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, '?filter=curve&sort=name'))
    await table(page).getByRole('link', { name: 'curve-0' }).waitFor()
    await table(page).focus()
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByText('2 runs selected', { exact: true }).waitFor()
    await until(async () => new URL(page.url()).searchParams.get('selected')?.split(',').length, 2)
    await page.getByRole('link', { name: 'Compare' }).click()
    await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor()
    await settled(page)
    const params = page.getByRole('region', { name: 'Parameters', exact: true })
    await params.getByText('1 of 4 differ', { exact: true }).waitFor()
    await until(() => params.getByRole('rowheader').allTextContents(), ['depth'])
    await page.getByRole('checkbox', { name: 'Differences only' }).uncheck()
    await until(() => params.getByRole('rowheader').allTextContents(), ['depth', 'rate', 'seed', 'solver'])
    await page.getByRole('button', { name: 'Make baseline: curve-1' }).click()
    await page.waitForFunction(() => document.querySelector('.compare-head li')?.textContent?.includes('curve-1'))
    await page.getByRole('region', { name: 'Metrics', exact: true }).getByText('−0.010', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Add a run' }).click()
    await page.getByRole('searchbox', { name: 'Run to add' }).fill('curve-3')
    await page.getByRole('button', { name: 'curve-3', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Compare 3 runs' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Remove curve-0 from the comparison' }).click()
    await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Compare 3 runs' }).waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
  await test('runs: a compared run that does not exist keeps its column and says so', async () => {
    const { page, expectStatus, go, close } = await openWindow(browser, { base })
    expectStatus(404)
    const [first] = things.sweep.curves
    await go(`/p/${encodeURIComponent(things.sweep.name)}/compare?runs=${first.id},${'0'.repeat(32)}`)
    await page.getByText('Not found', { exact: true }).waitFor()
    await page.getByRole('region', { name: 'Parameters', exact: true }).getByText('All 4 values are the same').waitFor()
    await until(() => axeViolations(page), [])
    await close()
  })
}

async function deleteAndUndo({ browser, base, test, expect, things }) {
  await test('runs: delete a run and bring it back', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, '?filter=trial-01'))
    await page.getByText('10 runs match', { exact: true }).waitFor()
    await page.getByRole('checkbox', { name: 'Select trial-013' }).check()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('1 run moved to the trash', { exact: true }).waitFor()
    await page.getByText('9 runs match', { exact: true }).waitFor()
    await until(() => page.getByRole('link', { name: 'trial-013' }).count(), 0)
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Undo' }).click()
    await table(page).getByRole('link', { name: 'trial-013' }).waitFor()
    await page.getByText('10 runs match', { exact: true }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function groupAndOpen({ browser, base, test, expect, things }) {
  await test('runs: group by a parameter, read mean and spread, and open a group', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, '?filter=trial'))
    await page.getByRole('button', { name: 'Group by' }).click()
    await page.getByRole('combobox', { name: 'Add a column to group by' }).selectOption('params.solver')
    await page.keyboard.press('Escape')
    await page.getByText('3 groups', { exact: true }).waitFor()
    await page.getByRole('columnheader', { name: 'accuracy, mean ± std' }).waitFor()
    await until(async () => (await page.getByRole('cell', { name: /^0\.\d{3} ± 0\.\d{3}$/ }).count()) >= 3, true)
    await page.getByRole('row', { name: /^sgd/ }).getByRole('button', { name: 'Show these runs' }).click()
    await page.waitForURL(/filter=/)
    await until(
      async () => new URL(page.url()).searchParams.get('filter'),
      "attributes.run_name ILIKE '%trial%' AND params.solver = 'sgd'",
    )
    await table(page).getByRole('link').first().waitFor()
    await page.goBack()
    await page.getByText('3 groups', { exact: true }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function saveAView({ browser, base, test, expect, things }) {
  await test('runs: save a view, open it from a fresh page, delete it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const name = `view ${Date.now()}`
    await go(runsOf(things, '?filter=curve&sort=name'))
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('textbox', { name: 'Save this view' }).fill(name)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name }).waitFor()
    await until(() => axeViolations(page), [])
    await go(runsOf(things))
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('link', { name }).click()
    await page.getByText('4 runs match', { exact: true }).waitFor()
    await page.waitForURL(/sort=name/)
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: `Delete the view ${name}` }).click()
    await page.getByRole('link', { name }).waitFor({ state: 'detached' })
    expect(problems, [])
    await close()
  })
}

async function exportAll({ browser, base, test, expect, things }) {
  await test('runs: export what matches in three forms, whole', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, `?filter=${encodeURIComponent("params.solver = 'sgd'")}&sort=-metrics.accuracy`))
    await table(page).getByRole('link').first().waitFor()
    const { items, total } = await post(base, 'runs/search', {
      experiment_ids: [things.sweep.id],
      filter: "params.solver = 'sgd'",
      order_by: ['metrics.accuracy DESC'],
      with_total: true,
      limit: 1,
    })
    const download = async (item) => {
      await page.getByRole('button', { name: 'Export' }).click()
      const started = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: item }).click()
      const chunks = []
      for await (const chunk of await (await started).createReadStream()) chunks.push(chunk)
      return Buffer.concat(chunks).toString('utf8')
    }
    const csv = await download(/^CSV \(comma/)
    const lines = csv.trimEnd().split(/\r?\n/)
    expect(lines.length, total + 1)
    expect(lines[1].startsWith(items[0].id), true)
    expect((await download(/^CSV for French/)).startsWith('\ufeffid;name'), true)
    expect(JSON.parse(await download(/^JSON/)).length, total)
    expect(problems, [])
    await close()
  })
}

async function watchLive({ browser, base, test, expect, things }) {
  await test('runs: a new run is announced, its values change without a reload, and a pause holds', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things))
    await table(page).getByRole('link', { name: 'curve-3' }).waitFor()
    const runName = `live-${Date.now()}`
    const run = await logRun(base, things.sweep.id, { runName, start: Date.now() + 60_000, end: false })
    await page.getByText('1 new run', { exact: true }).waitFor()
    expect(await page.getByRole('link', { name: runName }).count(), 0)
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    const row = page.getByRole('row', { name: new RegExp(runName) })
    await row.waitFor()
    await logMetric(base, run, 'accuracy', 0.12345, 0)
    await row.getByText('0.123', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause live updates' }).click()
    await logMetric(base, run, 'accuracy', 0.98765, 1)
    await page.waitForTimeout(1500)
    expect(await row.getByText('0.988', { exact: true }).count(), 0)
    await page.getByRole('button', { name: 'Resume live updates' }).click()
    await row.getByText('0.988', { exact: true }).waitFor()
    await post(base, 'runs/delete', { run_ids: [run] })
    expect(problems, [])
    await close()
  })
}

async function missNothing({ browser, base, test, expect, things }) {
  await test('runs: a run that is made before the stream of runs is open is announced, too', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    let open = () => {}
    const isMade = new Promise((resolve) => {
      open = resolve
    })
    await page.route('**/api/v1/runs/live?*', async (route) => {
      await isMade
      await route.continue()
    })
    await go(runsOf(things))
    await table(page).getByRole('link', { name: 'curve-3' }).waitFor()
    const runName = `early-${Date.now()}`
    const run = await logRun(base, things.sweep.id, { runName, start: Date.now() + 60_000, end: false })
    open()
    await page.getByText('1 new run', { exact: true }).waitFor()
    await post(base, 'runs/delete', { run_ids: [run] })
    expect(problems, [])
    await close()
  })
}

async function readCharts({ browser, base, test, expect, things }) {
  await test('runs: charts are drawn, read by keyboard and as a table, with the values of the server', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, '?filter=curve&sort=name'))
    await table(page).getByRole('link', { name: 'curve-0' }).waitFor()
    await page
      .getByRole('navigation', { name: 'Ways to look at the runs' })
      .getByRole('link', { name: 'Charts' })
      .click()
    const card = page.getByRole('region', { name: 'train/loss', exact: true })
    const chart = card.getByRole('application')
    await chart.scrollIntoViewIfNeeded()
    await chart.locator('canvas').waitFor()
    await page.waitForFunction(() => {
      const canvas = document.querySelector('.line-plot canvas')
      if (canvas === null) return false
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return data.some((value) => value !== 0)
    })
    await chart.focus()
    await page.keyboard.press('End')
    const [first] = things.sweep.curves.filter(({ name }) => name === 'curve-0')
    const { items } = await post(base, 'runs/metric-series', {
      run_ids: [first.id],
      keys: ['train/loss'],
      points: 1000,
    })
    const last = items[0].values.at(-1).toFixed(3)
    await card.getByText(new RegExp(`Step 399\\. .*curve-0 ${last.replace('.', '\\.')}`)).waitFor()
    await page.keyboard.press('Home')
    await card.getByText(/Step 0\. .*curve-0 2$/).waitFor()
    await card.getByText('Values as a table').click()
    const row = card.getByRole('row').nth(1)
    await row.getByRole('cell').first().waitFor()
    const cells = await row.getByRole('cell').allTextContents()
    expect(cells.slice(0, 2), ['0', '2'])
    await until(() => axeViolations(page), [])
    await page
      .getByRole('textbox', { name: 'From step' })
      .or(page.getByRole('spinbutton', { name: 'From step' }))
      .fill('100')
    await page.waitForURL(/from=100/)
    await page.getByRole('slider', { name: 'Smoothing' }).press('ArrowRight')
    await page.waitForURL(/smooth=0\.01/)
    await page.getByRole('checkbox', { name: 'Log y axis' }).check()
    await page.waitForURL(/log=1/)
    expect(problems, [])
    await close()
  })
}

async function brushByKeyboard({ browser, base, test, expect, things }) {
  await test('runs: choose ranges on parallel axes by keyboard; the table and the link follow', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runsOf(things, '?view=parallel&filter=trial'))
    await page.getByText(/^146 of 146 runs are inside the ranges$/).waitFor()
    await page.locator('.parallel-plot canvas').waitFor()
    await page.getByRole('textbox', { name: 'depth from' }).fill('5')
    await page.keyboard.press('Enter')
    await page.waitForURL(/brush=/)
    await page.getByRole('combobox', { name: 'Category solver' }).selectOption('adam')
    const { count } = await post(base, 'runs/count', {
      experiment_ids: [things.sweep.id],
      filter: "attributes.run_name LIKE 'trial%' AND params.solver = 'adam' AND params.depth IN ('5', '6')",
    })
    await page.getByText(`${count} of 146 runs are inside the ranges`, { exact: true }).waitFor()
    await page.reload()
    await page.getByText(`${count} of 146 runs are inside the ranges`, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Move depth to the right' }).click()
    await page.waitForURL(/axes=/)
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Clear the ranges' }).click()
    await page.getByText(/^146 of 146 runs are inside the ranges$/).waitFor()
    expect(problems, [])
    await close()
  })
}
