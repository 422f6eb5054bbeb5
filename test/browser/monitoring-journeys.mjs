// What people do with monitors: read a report down to a column, decide about a finding, make a monitor and run it; each by mouse and by keyboard alone.
import { openWindow, settled, until } from './browser.mjs'
import { chooseByKey, tabTo } from './by-keyboard.mjs'
import { axeViolations } from './page-checks.mjs'
import { ask } from './seed-data.mjs'
import { runMonitor } from './seed-monitoring.mjs'

export async function monitoringJourneys(context) {
  await readAReport(context)
  await readByKeyboard(context)
  await compareTwoReports(context)
  await decideAboutAFinding(context)
  await decideByKeyboard(context)
  await makeAndRun(context)
  await makeByKeyboard(context)
  await runOnOtherRows(context)
  await seeTheLight(context)
}

const rowsOf = (page, name) => page.getByRole('table', { name, exact: true }).locator('tbody').getByRole('row')
const main = (page) => page.getByRole('main')
const tab = (page, name) => page.getByRole('navigation', { name: 'Parts of the monitor' }).getByRole('link', { name })

async function readAReport({ browser, base, test, expect, things }) {
  const { drifting } = things.monitoring
  await test('journey: from the list to the report of a drift, its column, and what was done about it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Monitoring', exact: true }).click()
    await page.waitForURL(/\/monitoring$/)
    await rowsOf(page, 'Monitors').first().waitFor()
    const texts = await rowsOf(page, 'Monitors').allInnerTexts()
    const at = (name) => texts.findIndex((text) => text.includes(name))
    expect([at(drifting) < at('usage-short'), at('usage-short') < at('usage-new')], [true, true])
    expect(/Not enough data \([\d,]+ rows < 10,000\)/.test(texts[at('usage-short')]), true)
    await page.getByLabel('Name, project, model or data set').fill('USAGE-drift looks')
    await until(() => rowsOf(page, 'Monitors').count(), 1)
    await rowsOf(page, 'Monitors').getByRole('link', { name: drifting, exact: true }).click()
    await main(page).getByText('Alarm', { exact: true }).first().waitFor()
    const first = rowsOf(page, 'Columns').first()
    await first.getByText('target').waitFor()
    await rowsOf(page, 'Columns').filter({ hasText: 'hours' }).getByText('Drift', { exact: true }).waitFor()
    await rowsOf(page, 'Columns')
      .filter({ hasText: 'hours' })
      .getByRole('img', { name: /^Scores of hours in/ })
      .waitFor()
    await rowsOf(page, 'Columns')
      .filter({ hasText: 'hours' })
      .getByRole('img', { name: /^hours from/ })
      .waitFor()
    await page.getByLabel('Result').selectOption({ label: 'No alarm' })
    await until(
      async () => (await rowsOf(page, 'Columns').allInnerTexts()).some((text) => text.includes('hours')),
      false,
    )
    await page.getByLabel('Result').selectOption({ label: 'All columns' })
    await page.getByRole('heading', { name: 'What followed' }).waitFor()
    await page.getByRole('link', { name: 'Run of the flow' }).waitFor()
    await rowsOf(page, 'Columns').getByRole('link', { name: 'plan', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'plan' }).waitFor()
    await page.getByRole('rowheader', { name: 'trial' }).waitFor()
    await until(() => axeViolations(page), [])
    await page.goBack()
    await tab(page, 'Timeline').click()
    await page
      .getByRole('link', { name: /Finding opened/ })
      .first()
      .waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function readByKeyboard({ browser, base, test, expect, things }) {
  const { drifting } = things.monitoring
  await test('journey: the same report by keyboard alone, in French', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr', theme: 'dark', width: 640 })
    await go('/monitoring')
    await tabTo(page, page.getByRole('link', { name: drifting, exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: drifting }).waitFor()
    await tabTo(page, page.getByLabel('Partie d’un nom'))
    await page.keyboard.type('hou')
    await until(() => rowsOf(page, 'Colonnes').count(), 1)
    await tabTo(page, rowsOf(page, 'Colonnes').getByRole('link', { name: 'hours' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'hours' }).waitFor()
    const chart = page.getByRole('application').first()
    await tabTo(page, chart)
    await page.keyboard.press('End')
    await page.locator('[aria-live="polite"]').filter({ hasText: /Score/ }).first().waitFor({ state: 'attached' })
    expect(problems, [])
    await close()
  })
}

async function compareTwoReports({ browser, base, test, expect, things }) {
  const { drifting, first } = things.monitoring
  await test('journey: two reports beside each other tell what began to drift; the link is the view', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/monitoring/${drifting}?tab=reports`)
    await rowsOf(page, 'Reports').first().waitFor()
    await rowsOf(page, 'Reports')
      .last()
      .getByRole('link', { name: /^Compare with/ })
      .click()
    await page.getByText('began to drift').first().waitFor()
    expect(page.url().includes(`before=${first}`), true)
    const address = page.url().slice(base.length)
    const other = await openWindow(browser, { base })
    await other.go(address)
    await other.page.getByText('began to drift').first().waitFor()
    await other.close()
    await until(() => axeViolations(page), [])
    await page.getByRole('link', { name: 'End the comparison' }).click()
    await until(() => page.getByText('began to drift').count(), 0)
    expect(problems, [])
    await close()
  })
}

/** A monitor of its own with a finding that nobody has looked at. */
async function withFinding({ base, things }, name) {
  const { project } = things.monitoring
  const monitor = {
    project,
    name,
    current: { kind: 'snapshot', dataset: 'usage' },
    reference: { kind: 'snapshot', snapshot: `${project}/usage@reference` },
    columns: ['hours', 'plan'],
  }
  const { items } = await ask(base, 'GET', '/monitors')
  if (!items.some((one) => one.name === name)) await ask(base, 'POST', '/monitors', monitor)
  await runMonitor(base, name)
  const findings = await ask(base, 'GET', `/findings?monitor=${name}&state=open`)
  return findings.items[0].id
}

const findingState = async (base, monitor, id) =>
  (await ask(base, 'GET', `/findings?monitor=${monitor}`)).items.find((one) => one.id === id)

async function decideAboutAFinding(context) {
  const { browser, base, test, expect } = context
  const name = 'finding-by-mouse'
  await test('journey: acknowledge a finding, then resolve it with a note that stands on the timeline', async () => {
    const id = await withFinding(context, name)
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/monitoring')
    await page.getByRole('link', { name: `1, open findings of ${name}` }).click()
    await page.getByRole('button', { name: `Acknowledge the finding of ${name}` }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Note').fill('New plans since November')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await rowsOf(page, 'Findings').getByText('Acknowledged').waitFor()
    expect((await findingState(base, name, id)).state, 'acknowledged')
    await page.getByRole('button', { name: `Resolve the finding of ${name}` }).click()
    await dialog.getByLabel('Note').fill('Retrained on it')
    await dialog.getByRole('button', { name: 'Resolve', exact: true }).click()
    await page.getByText('No finding here').waitFor()
    await page.getByLabel('Which findings').selectOption({ label: 'Resolved' })
    await rowsOf(page, 'Findings').getByText('Retrained on it').first().waitFor()
    await until(() => axeViolations(page), [])
    await go(`/monitoring/${name}?tab=timeline`)
    await page
      .getByRole('link', { name: /Finding resolved/ })
      .first()
      .waitFor()
    expect(problems, [])
    await close()
  })
}

async function decideByKeyboard(context) {
  const { browser, base, test, expect } = context
  const name = 'finding-by-keyboard'
  await test('journey: acknowledge and resolve a finding by keyboard alone', async () => {
    const id = await withFinding(context, name)
    const { page, problems, go, close } = await openWindow(browser, { base, width: 640 })
    await go(`/monitoring?tab=findings&of=${name}`)
    await tabTo(page, page.getByRole('button', { name: `Acknowledge the finding of ${name}` }))
    await page.keyboard.press('Enter')
    await until(() => page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA')
    await page.keyboard.type('Seen')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await until(async () => (await findingState(base, name, id)).state, 'acknowledged')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await tabTo(page, page.getByRole('button', { name: `Resolve the finding of ${name}` }))
    await page.keyboard.press('Enter')
    await until(() => page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA')
    await page.keyboard.type('Over')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await until(async () => (await findingState(base, name, id)).note.includes('Over'), true)
    expect((await findingState(base, name, id)).state, 'resolved')
    expect(problems, [])
    await close()
  })
}

async function makeAndRun({ browser, base, test, expect, things }) {
  const { project } = things.monitoring
  const name = 'made-by-mouse'
  await test('journey: make a monitor with a form, run it, and see its report come without a reload', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/monitoring')
    await page.getByRole('button', { name: 'New monitor' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Make it' }).click()
    await until(() => dialog.getByText('Enter a text').count(), 1)
    await until(() => dialog.getByText('Choose one').count(), 2)
    await until(() => page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')), 'true')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByLabel('Project').selectOption(project)
    await dialog.getByLabel('Data set', { exact: true }).selectOption('usage')
    await dialog.getByLabel('Snapshot to compare with').selectOption({ label: 'usage@reference' })
    await dialog.getByRole('button', { name: 'Add a limit' }).click()
    await dialog.getByLabel('At most').fill('0,05')
    await dialog.getByLabel('When it runs').selectOption({ label: 'Every Monday at 06:00' })
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Make it' }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await page.getByText('Has not run yet').first().waitFor()
    const { definition } = await ask(base, 'GET', `/monitors/${name}`)
    expect(
      [definition.schedule.cron, definition.checks[0].metric, definition.checks[0].max],
      ['0 6 * * 1', 'missing_share', 0.05],
    )
    await page.getByRole('button', { name: `Run now: ${name}` }).click()
    await rowsOf(page, 'Columns').first().waitFor()
    await rowsOf(page, 'Quality and performance').filter({ hasText: 'Missing values' }).first().waitFor()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByLabel(`Type ${name} to confirm`).fill(name)
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.waitForURL(/\/monitoring$/)
    await settled(page)
    expect(await page.getByRole('link', { name, exact: true }).count(), 0)
    expect(problems, [])
    await close()
  })
}

async function makeByKeyboard({ browser, base, test, expect, things }) {
  const { project } = things.monitoring
  const name = 'made-by-keyboard'
  await test('journey: make a monitor and run it by keyboard alone', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, theme: 'dark' })
    await go('/monitoring')
    await tabTo(page, page.getByRole('button', { name: 'New monitor' }))
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await until(() => page.evaluate(() => document.activeElement?.tagName), 'INPUT')
    await page.keyboard.type(name)
    const choose = async (label, begin) => {
      const list = dialog.getByLabel(label, { exact: true })
      await tabTo(page, list)
      await until(
        () =>
          list
            .locator('option')
            .filter({ hasText: begin })
            .count()
            .then((count) => count > 0),
        true,
      )
      await chooseByKey(page, list, begin)
    }
    await choose('Project', project)
    await choose('Data set', 'usage')
    await choose('Snapshot to compare with', 'usage@reference')
    await page.keyboard.press('Enter')
    await tabTo(page, dialog.getByRole('button', { name: 'Make it' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await tabTo(page, page.getByRole('button', { name: `Run now: ${name}` }))
    await page.keyboard.press('Enter')
    await rowsOf(page, 'Columns').first().waitFor()
    await until(() => axeViolations(page), [])
    await ask(base, 'DELETE', `/monitors/${name}`)
    expect(problems, [])
    await close()
  })
}

async function runOnOtherRows({ browser, base, test, expect, things }) {
  const { short } = things.monitoring
  await test('journey: run a monitor once on other rows; the report says which, and the monitor stays as it was', async () => {
    const before = (await ask(base, 'GET', `/monitors/${short}`)).definition
    const { items: snapshots } = await ask(
      base,
      'GET',
      `/projects/${things.monitoring.project}/datasets/usage/snapshots`,
    )
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/monitoring/${short}`)
    await page.getByRole('button', { name: 'Run with other rows' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Snapshot', { exact: true }).fill(snapshots[1].id)
    await dialog.getByLabel(/Reason/).fill('The month before')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Run now' }).click()
    const reported = async () =>
      (await ask(base, 'GET', `/drift-reports?monitor=${short}`)).items[0].current.snapshot_id
    await until(reported, snapshots[1].id)
    await main(page).getByText('Not enough data', { exact: true }).first().waitFor()
    expect((await ask(base, 'GET', `/monitors/${short}`)).definition, before)
    expect(problems, [])
    await close()
  })
}

async function seeTheLight({ browser, base, test, expect, things }) {
  const { drifting, answers } = things.monitoring
  await test('journey: models, endpoints and the overview tell of drift, and lead to its monitor', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    const alerts = page.getByRole('region', { name: 'Monitors that need a look' })
    await alerts.getByRole('link', { name: drifting, exact: true }).waitFor()
    await go('/models')
    const light = page.getByRole('link', { name: new RegExp(`^${answers}: `) })
    await light.click()
    await page.getByRole('heading', { level: 1, name: answers }).waitFor()
    await go(`/endpoints/${encodeURIComponent(things.serving.model)}`)
    await page.getByRole('link', { name: new RegExp(`^${answers}: `) }).waitFor()
    expect(problems, [])
    await close()
  })
}
