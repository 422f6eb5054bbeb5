// What people do with data: take it, see what was set aside, compare, ask, check, and follow where it came from.
import { readFileSync } from 'node:fs'
import { openWindow, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'

export async function dataJourneys(context) {
  await takeData(context)
  await browseQuarantine(context)
  await compareSnapshots(context)
  await readAProfile(context)
  await askInSql(context)
  await tagASnapshot(context)
  await keepASuite(context)
  await readFailingRows(context)
  await followLineage(context)
  await shareSnapshots(context)
  await readInFrench(context)
}

const places = ({ data }) => {
  const readings = `/p/${data.project}/datasets/readings`
  return { readings, snapshot: `${readings}/snapshots/${data.second}`, ingest: `${readings}/ingests/${data.ingest}` }
}

async function get(base, path) {
  const reply = await fetch(`${base}/api/v1${path}`)
  if (!reply.ok) throw new Error(`${path} answers ${reply.status}`)
  return reply.json()
}

/** Rows of the table of a name, the heads left out. */
const rowsOf = (page, name) => page.getByRole('table', { name }).locator('tbody').getByRole('row')

async function takeData({ browser, base, test, expect, things }) {
  await test('journey: take data by keyboard, and see its ingest arrive without a reload', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/p/${things.data.project}/datasets/simulated?tab=ingests`)
    await rowsOf(page, 'Ingests').first().waitFor()
    const before = await rowsOf(page, 'Ingests').count()
    await page.getByRole('button', { name: 'Take the data now' }).focus()
    await page.keyboard.press('Enter')
    await rowsOf(page, 'Ingests').nth(before).waitFor()
    const newest = rowsOf(page, 'Ingests').first()
    await newest.getByText('done').waitFor()
    await newest.getByRole('link', { name: 'Same content as before' }).waitFor()
    expect(problems, [])
    await close()
  })
  await test('journey: an ingest that was refused says why, on the data set and on its own page', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/p/${things.data.project}/datasets/refused?tab=ingests`)
    await page
      .getByText(/line 3, column amount/)
      .first()
      .waitFor()
    await rowsOf(page, 'Ingests').first().getByRole('link').first().click()
    await page.getByRole('heading', { level: 1, name: /^Ingest of/ }).waitFor()
    await page.getByText(/line 3, column amount/).waitFor()
    expect(problems, [])
    await close()
  })
}

async function browseQuarantine({ browser, base, test, expect, things }) {
  await test('journey: filter the quarantine, and its CSV equals the API', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(places(things).ingest)
    const path = `/ingests/${things.data.ingest}/quarantine`
    const { items, total, groups } = await get(base, `${path}?limit=1000`)
    const { rows_read, rows_good, rows_quarantined } = await get(base, `/ingests/${things.data.ingest}`)
    expect([rows_good + rows_quarantined, total], [rows_read, rows_quarantined])
    const below = groups.find(({ reason }) => reason === 'below_min')
    await page
      .getByRole('list', { name: 'What is wrong, by kind' })
      .getByRole('link', { name: /below the smallest allowed · hours/ })
      .click()
    await page.waitForURL(/reason=below_min/)
    await page.getByText(`of ${below.count}`, { exact: false }).first().waitFor()
    await until(() => rowsOf(page, 'Quarantine').count(), below.count)
    await until(() => axeViolations(page), [])
    await page.goBack()
    await rowsOf(page, 'Quarantine')
      .nth(total - 1)
      .waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV', exact: true }).click()
    const lines = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split(/\r?\n/)
    expect(lines.length - 1, items.length)
    for (const [index, { file, line }] of items.entries())
      expect(lines[index + 1].includes(file) && lines[index + 1].includes(String(line)), true)
    expect(problems, [])
    await close()
  })
}

async function compareSnapshots({ browser, base, test, expect, things }) {
  await test('journey: choose a base and compare; rows and distributions equal the API', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { first, second } = things.data
    await go(places(things).readings)
    await rowsOf(page, 'Snapshots').filter({ hasText: 'reference' }).getByRole('button', { name: 'Choose' }).click()
    await rowsOf(page, 'Snapshots').first().getByRole('link', { name: 'with the chosen one' }).click()
    await page.waitForURL(new RegExp(`base=${first}`))
    const diff = await get(base, `/snapshots/${second}/diff?base=${first}`)
    await page.getByText(`+${diff.rows.added}`).waitFor()
    await until(() => rowsOf(page, 'Changed').count(), diff.rows.changed)
    await page.getByRole('link', { name: 'Distributions' }).click()
    await rowsOf(page, 'Distributions')
      .nth(diff.shifts.length - 1)
      .waitFor()
    await until(
      () => rowsOf(page, 'Distributions').first().getByRole('cell').first().textContent(),
      diff.shifts[0].column,
    )
    await page.getByRole('link', { name: 'Swap' }).click()
    await page.getByText(`−${diff.rows.added}`).waitFor()
    expect(problems, [])
    await close()
  })
}

async function readAProfile({ browser, base, test, expect, things }) {
  await test('journey: find a column of the profile, and open its figures', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(places(things).snapshot)
    await page.getByLabel('Find a column').fill('ENER')
    await until(() => rowsOf(page, 'Profile').count(), 1)
    await page.getByRole('link', { name: 'energy' }).click()
    const detail = page.getByRole('region', { name: 'energy' })
    const { columns } = await get(base, `/snapshots/${things.data.second}/profile`)
    const energy = columns.find(({ name }) => name === 'energy')
    await detail.getByText('Standard deviation').waitFor()
    const shown = await detail.getByText('Rows with a value').locator('xpath=following-sibling::dd').textContent()
    expect(Number(shown), energy.count)
    await until(() => detail.locator('svg[role="img"] rect').count(), energy.histogram.counts.length)
    await until(() => axeViolations(page), [])
    await page.goto(page.url())
    await detail.waitFor()
    expect(problems, [])
    await close()
  })
}

async function askInSql({ browser, base, test, things }) {
  await test('journey: ask in SQL by keyboard; what is not a select is refused with a reason', async () => {
    const { page, expectStatus, go, close } = await openWindow(browser, { base })
    for (const status of [400, 403, 422]) expectStatus(status)
    await go(`${places(things).snapshot}?tab=sql`)
    const field = page.getByLabel('One select over the snapshot')
    await field.fill('select region, count(*) as readings from data group by region order by region')
    await field.press('Control+Enter')
    await rowsOf(page, 'Answer').nth(2).waitFor()
    await until(() => rowsOf(page, 'Answer').first().getByRole('cell').first().textContent(), 'north')
    await page.waitForURL(/sql=/)
    await field.fill('drop table data')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('alert').waitFor()
    await until(async () => /Code \w+/.test(await page.getByRole('alert').textContent()), true)
    await close()
  })
}

async function tagASnapshot({ browser, base, test, expect, things }) {
  await test('journey: set a tag on a snapshot and take it off', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(places(things).snapshot)
    await page.getByRole('button', { name: 'Add a tag' }).click()
    await page.getByRole('textbox', { name: 'Name of the tag' }).fill('production')
    await page.keyboard.press('Enter')
    const remove = page.getByRole('button', { name: 'Remove the tag production' })
    await remove.waitFor()
    expect((await get(base, `/snapshots/${things.data.second}`)).tags, ['production'])
    await remove.click()
    await remove.waitFor({ state: 'detached' })
    expect((await get(base, `/snapshots/${things.data.second}`)).tags, [])
    expect(problems, [])
    await close()
  })
}

async function keepASuite({ browser, base, test, expect, things }) {
  await test('journey: propose a suite, leave one expectation out, and keep the rest', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const name = `starter-${Date.now().toString(36)}`
    await go(`${places(things).readings}?tab=quality`)
    await page.getByRole('button', { name: 'Propose a suite' }).click()
    const rows = rowsOf(page, 'Expectations that would fit')
    await rows.first().waitFor()
    const count = await rows.count()
    await rows.first().getByRole('checkbox').uncheck()
    await page.getByLabel('Name of the suite').fill(name)
    // Axe takes what is half below the top bar for too small.
    await page.evaluate(() => scrollTo(0, 0))
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: `Keep ${count - 1} expectations` }).click()
    await page.getByText(`The suite ${name} is kept`).waitFor()
    const { items } = await get(base, `/projects/${things.data.project}/datasets/readings/suites`)
    expect(items.find((suite) => suite.name === name).expectations.length, count - 1)
    expect(problems, [])
    await close()
  })
}

async function readFailingRows({ browser, base, test, expect, things }) {
  await test('journey: from the checks of a snapshot to the rows that break one', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${places(things).snapshot}?tab=checks`)
    await page.getByRole('link', { name: 'Show the result' }).click()
    await page.getByRole('heading', { level: 1, name: /^Validation of readings/ }).waitFor()
    await rowsOf(page, 'Checks').filter({ hasText: 'energy' }).getByRole('link', { name: /^1 of/ }).click()
    const failing = rowsOf(page, 'Rows that break the expectation')
    await failing.first().waitFor()
    await until(() => failing.count(), 1)
    await failing.first().getByRole('cell', { name: 'm50' }).waitFor()
    await page.getByRole('navigation', { name: 'Which expectations' }).getByRole('link', { name: /^All/ }).click()
    await rowsOf(page, 'Checks').nth(5).waitFor()
    expect(problems, [])
    await close()
  })
}

async function followLineage({ browser, base, test, expect, things }) {
  await test('journey: the lineage of a model version goes back to the file, as a drawing and as a list', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/models/${things.model}/${things.version}`)
    await page.getByRole('link', { name: 'Lineage', exact: true }).click()
    const drawing = page.getByRole('region', { name: 'Drawing of the lineage' }).or(page.locator('.lineage-drawing'))
    await drawing.first().waitFor()
    for (const kind of ['Source', 'Ingest', 'Snapshot', 'Run', 'Model version', 'Endpoint'])
      await page.locator('.lineage-kind').filter({ hasText: kind }).first().waitFor()
    const drawn = await page.locator('.lineage-node').count()
    await page.getByRole('link', { name: 'List' }).click()
    await rowsOf(page, 'Lineage').first().waitFor()
    await until(() => rowsOf(page, 'Lineage').count(), drawn)
    await page.getByLabel('Show').selectOption('up')
    await page.waitForURL(/direction=up/)
    await rowsOf(page, 'Lineage').filter({ hasText: 'Endpoint' }).waitFor({ state: 'detached' })
    await until(() => axeViolations(page), [])
    await rowsOf(page, 'Lineage').filter({ hasText: 'Snapshot' }).getByRole('link').first().click()
    await page.waitForURL(/snapshots\//)
    await page.getByRole('link', { name: 'Lineage', exact: true }).click()
    await page.locator('.lineage-kind').filter({ hasText: 'Endpoint' }).first().waitFor()
    await page.locator('.lineage-node').filter({ hasText: 'Endpoint' }).getByRole('link').first().click()
    await page.waitForURL(/endpoints\//)
    expect(problems, [])
    await close()
  })
}

async function shareSnapshots({ browser, base, test, expect, things }) {
  await test('journey: push a data set to a remote, and pull it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/settings/remotes')
    for (const [button, kind] of [
      ['Push', 'Push'],
      ['Pull', 'Pull'],
    ]) {
      await page.getByRole('button', { name: new RegExp(`^${button} (to|from) shared`) }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Project').selectOption(things.data.project)
      await dialog.getByLabel('Dataset').selectOption('readings')
      await until(() => axeViolations(page), [])
      await dialog.getByRole('button', { name: button, exact: true }).click()
      await dialog.waitFor({ state: 'detached' })
      const row = rowsOf(page, 'Pushes and pulls').filter({ hasText: 'readings' }).filter({ hasText: kind })
      await row.first().getByText('done').waitFor()
    }
    expect(problems, [])
    await close()
  })
}

async function readInFrench({ browser, base, test, expect, things }) {
  await test('journey: the same in French, with its numbers and sentences', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr' })
    await go(`${places(things).snapshot}?tab=checks`)
    await page.getByText('energy est entre 0 et 60').waitFor()
    await page.getByText(/energy n’est jamais manquante, dans 95\s% des lignes au moins/).waitFor()
    await go(places(things).ingest)
    await page.getByText('sous le minimum permis').first().waitFor()
    await go(`${places(things).snapshot}?column=energy`)
    await page
      .getByRole('region', { name: 'energy' })
      .getByText(/^\d+,\d+$/)
      .first()
      .waitFor()
    await page
      .getByText(/^2,5\s%$/)
      .first()
      .waitFor()
    expect(problems, [])
    await close()
  })
}
