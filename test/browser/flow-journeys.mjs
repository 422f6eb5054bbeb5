// What people do with flows: run one with a form, follow it, decide, run again what failed, cancel, pause, back-fill, and bound them.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { ask } from './seed-data.mjs'
import { runReached, startFlow } from './seed-flows.mjs'

export async function flowJourneys(context) {
  await runWithAForm(context)
  await refuseWrongParameters(context)
  await walkTheBars(context)
  await runAgainFromWhatFailed(context)
  await decide(context)
  await followTheLog(context)
  await linkIsTheView(context)
  await openAGroup(context)
  await pauseAndResume(context)
  await backfill(context)
  await startByWebhook(context)
  await boundByALimit(context)
}

const rowsOf = (page, name) => page.getByRole('table', { name, exact: true }).locator('tbody').getByRole('row')
const flowPage = (things, flow) => `/flows/${things.flows.project}/${flow}`
const runPage = (things, flow, run) => `${flowPage(things, flow)}/runs/${run}`
const tab = (page, name) => page.getByRole('navigation', { name: 'Parts of the run' }).getByRole('link', { name })
const state = (page, name) => page.locator('.page-lead').getByText(name, { exact: true })
const runIn = (page) => page.url().match(/\/runs\/([^?]+)/)[1]

async function runWithAForm({ browser, base, test, expect }) {
  await test('journey: run a flow from the list with a form, and watch it to its end without a reload', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Flows', exact: true }).click()
    await page.getByLabel('Name, project, description or tag').fill('TEAM:reports scores')
    await until(() => rowsOf(page, 'Flows').count(), 1)
    await rowsOf(page, 'Flows').getByRole('button', { name: 'Run now: report' }).click()
    const dialog = page.getByRole('dialog', { name: 'Run report now' })
    await dialog.getByLabel('month').fill('2026-12')
    await dialog.getByLabel('rows').fill('9')
    await dialog.getByLabel('kind').selectOption({ label: 'full' })
    await dialog.getByLabel('Reason').fill('A journey wants it')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Run now', exact: true }).click()
    await page.waitForURL(/\/runs\//)
    await state(page, 'Completed').waitFor()
    const run = await ask(base, 'GET', `/flow-runs/${runIn(page)}`)
    expect(
      [run.params, run.reason, run.result],
      [{ month: '2026-12', rows: 9, kind: 'full' }, 'A journey wants it', { month: '2026-12', scores: 9 }],
    )
    const graph = page.locator('.lineage-drawing')
    await graph.getByText('9 / 9', { exact: false }).waitFor()
    await graph.getByRole('link', { name: 'score', exact: true }).click()
    await until(() => rowsOf(page, 'Steps').count(), 9)
    await page.getByRole('link', { name: 'score[3]', exact: true }).click()
    await page.getByRole('heading', { name: 'score[3]' }).waitFor()
    await tab(page, 'Log').click()
    await page.getByText('Showing 0 of 3').waitFor()
    await page.getByLabel('Step').selectOption({ label: 'All' })
    await page.getByText('3 lines').waitFor()
    await page.getByText('Warning', { exact: true }).first().click()
    await page.getByText('Showing 2 of 3').waitFor()
    await page.getByLabel('Search').fill('ROWS')
    await page.getByText('only 9 rows').waitFor()
    await page.getByText('Showing 1 of 3').waitFor()
    await tab(page, 'Data').click()
    await page.getByRole('heading', { name: 'Findings', exact: true }).waitFor()
    await page.getByText('<b>no markup</b>', { exact: false }).waitFor()
    await until(() => rowsOf(page, 'scores').count(), 9)
    await until(() => axeViolations(page), [])
    await tab(page, 'Timeline').click()
    await page.getByRole('listitem').filter({ hasText: 'Attempt 1: Completed' }).first().waitFor()
    expect(problems, [])
    await close()
  })
}

async function refuseWrongParameters({ browser, base, test, expect, things }) {
  await test('journey: wrong parameters are told beside their fields, and JSON takes along what was typed', async () => {
    const { page, problems, go, close, expectStatus } = await openWindow(browser, { base })
    expectStatus(400)
    expectStatus(422)
    await go(flowPage(things, 'report'))
    const { items: before } = await ask(base, 'GET', `/flow-runs?project=${things.flows.project}&flow=report&limit=1`)
    await page.getByRole('button', { name: 'Run now: report' }).click()
    const dialog = page.getByRole('dialog', { name: 'Run report now' })
    const submit = dialog.getByRole('button', { name: 'Run now', exact: true })
    await dialog.getByLabel('rows').fill('501')
    await submit.click()
    await dialog.getByText('Fill this in').waitFor()
    await dialog.getByText('Enter 500 or less').waitFor()
    await until(() => axeViolations(page), [])
    await dialog.getByLabel('rows').fill('7')
    await dialog.getByText('JSON', { exact: true }).click()
    const json = dialog.getByLabel('Parameters as JSON')
    expect(JSON.parse(await json.inputValue()), { rows: 7, kind: 'quick' })
    await json.fill('[]')
    await submit.click()
    await dialog.getByText('Write one JSON object, in braces').waitFor()
    await json.fill('{"month": 7}')
    await submit.click()
    await dialog.getByText('flow_params_invalid').waitFor()
    await dialog.getByText('Fields', { exact: true }).click()
    await until(() => dialog.getByLabel('month').inputValue(), '7')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    const { items: after } = await ask(base, 'GET', `/flow-runs?project=${things.flows.project}&flow=report&limit=1`)
    expect(after[0].id, before[0].id)
    expect(problems, [])
    await close()
  })
}

async function walkTheBars({ browser, base, test, expect, things }) {
  await test('journey: the newest runs of a flow are one stop of the Tab key, walked with arrows', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { project } = things.flows
    await startFlow(base, 'nightly').then(({ id }) => runReached(base, id, ['COMPLETED']))
    await startFlow(base, 'nightly').then(({ id }) => runReached(base, id, ['COMPLETED']))
    const { bars } = await ask(base, 'GET', `/projects/${project}/flows/nightly`)
    await go(flowPage(things, 'nightly'))
    const strip = page.getByRole('list', { name: /^The newest/ })
    const links = strip.getByRole('link')
    expect(await links.count(), bars.length)
    const stops = await links.evaluateAll((all) => all.filter(({ tabIndex }) => tabIndex === 0).length)
    expect(stops, 1)
    await links.last().focus()
    await page.keyboard.press('Home')
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('href').split('/').at(-1))
    await until(focused, bars[0].id)
    await page.keyboard.press('ArrowRight')
    await until(focused, bars[1].id)
    await page.keyboard.press('End')
    await until(focused, bars.at(-1).id)
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(bars.at(-1).id))
    await settled(page)
    expect(problems, [])
    await close()
  })
}

async function runAgainFromWhatFailed({ browser, base, test, expect, things }) {
  await test('journey: run a failed flow again from the step that failed; what was done is not done again', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const mark = `journey-${Date.now()}`
    const failed = await runReached(base, (await startFlow(base, 'fragile', { mark })).id, ['FAILED'])
    await go(runPage(things, 'fragile', failed.id))
    await page.getByText('It breaks the first time').first().waitFor()
    await page.getByText('Where in the code').click()
    await page.getByText('fabrique.config.ts', { exact: false }).first().waitFor()
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.getByRole('menuitem', { name: 'From what failed' }).click()
    const dialog = page.getByRole('dialog', { name: 'Run again' })
    await dialog.getByRole('textbox').fill('Mended')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Run again' }).click()
    await page.waitForURL((address) => address.pathname.includes('/runs/') && !address.pathname.includes(failed.id))
    await state(page, 'Completed').waitFor()
    const { items: steps } = await ask(base, 'GET', `/flow-runs/${runIn(page)}/steps`)
    expect(
      steps.map(({ name, result, taken_from: from }) => [name, result, from]),
      [
        ['load', 42, failed.id],
        ['break', 'mended', undefined],
      ],
    )
    await tab(page, 'Steps').click()
    await page.getByRole('link', { name: 'load', exact: true }).click()
    await page.getByText('Result of run').waitFor()
    await page
      .getByRole('definition')
      .getByRole('link', { name: /^fragile/ })
      .first()
      .click()
    await state(page, 'Failed').waitFor()
    expect(runIn(page), failed.id)
    expect(problems, [])
    await close()
  })
}

async function decide({ browser, base, test, expect, things }) {
  await test('journey: a run that waits for a person shows the question and its form, and goes on by keyboard', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await runReached(base, (await startFlow(base, 'release')).id, ['PAUSED'])
    await go(runPage(things, 'release', run.id))
    await state(page, 'Waits for a person').waitFor()
    const panel = page.getByRole('region', { name: 'sign-off waits for you' })
    await panel.getByText('Release it?').waitFor()
    await panel.getByRole('button', { name: 'Approve' }).focus()
    await page.keyboard.press('Enter')
    await panel.getByText('Fill this in').waitFor()
    await until(() => axeViolations(page), [])
    await panel.getByLabel('share').fill('0,25')
    await panel.getByLabel('Comment').fill('Looks right')
    await panel.getByRole('button', { name: 'Approve' }).focus()
    await page.keyboard.press('Enter')
    await state(page, 'Completed').waitFor()
    await panel.waitFor({ state: 'detached' })
    const { result } = await ask(base, 'GET', `/flow-runs/${run.id}`)
    expect([result.decision, result.values, result.comment], ['approved', { share: 0.25 }, 'Looks right'])
    await tab(page, 'Steps').click()
    await page.getByRole('link', { name: 'sign-off', exact: true }).click()
    await page.getByText(/^approved, .*Looks right$/).waitFor()
    expect(problems, [])
    await close()
  })
}

async function followTheLog({ browser, base, test, expect, things }) {
  await test('journey: the log of a run grows while it is looked at, stays while it is read, and the run is cancelled', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await runReached(base, (await startFlow(base, 'patient')).id, ['RUNNING'])
    await go(`${runPage(things, 'patient', run.id)}?tab=logs`)
    const region = page.getByRole('region', { name: 'Log', exact: true })
    await region.getByText('tick 120', { exact: true }).waitFor()
    const jump = page.getByRole('button', { name: 'Jump to the latest' })
    expect(await jump.count(), 0)
    await region.evaluate((element) => element.scrollTo({ top: 0 }))
    await jump.waitFor()
    const count = async () => Number((await page.getByText(/^\d+ lines/).textContent()).match(/\d+/)[0])
    const before = await count()
    await until(async () => (await count()) > before, true)
    expect(await region.evaluate((element) => element.scrollTop), 0)
    await until(() => axeViolations(page), [])
    await jump.click()
    await jump.waitFor({ state: 'detached' })
    await tab(page, 'Steps').click()
    await until(
      async () =>
        (await rowsOf(page, 'Steps')
          .getByText(/\d \/ 3,000/)
          .count()) > 0,
      true,
    )
    await page.getByRole('button', { name: 'Cancel the run' }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel the run' })
    await dialog.getByRole('textbox').fill('Enough')
    await dialog.getByRole('button', { name: 'Cancel the run' }).click()
    await state(page, 'Cancelled').waitFor()
    expect((await ask(base, 'GET', `/flow-runs/${run.id}`)).state.type, 'CANCELLED')
    expect(problems, [])
    await close()
  })
}

async function linkIsTheView({ browser, base, test, expect, things }) {
  await test('journey: a line of a log has a link that opens the same view elsewhere', async () => {
    const first = await openWindow(browser, { base })
    await first.go(`${runPage(things, 'report', things.flows.completed)}?tab=logs&level=info&find=o`)
    await first.page.getByRole('link', { name: 'Link to line 2' }).click()
    await first.page.waitForURL(/line=2/)
    const second = await openWindow(browser, { base })
    await second.page.goto(first.page.url())
    await settled(second.page)
    expect(await second.page.getByLabel('Search').inputValue(), 'o')
    await second.page.locator('[data-meant]').getByText('only 6 rows').waitFor()
    const file = await fetch(
      new URL(await second.page.getByRole('link', { name: 'Download' }).getAttribute('href'), base),
    )
    expect([file.status, (await file.text()).includes('counting 2026-11')], [200, true])
    expect([...first.problems, ...second.problems], [])
    await first.close()
    await second.close()
  })
}

async function openAGroup({ browser, base, test, expect, things }) {
  await test('journey: a graph of many steps starts with closed groups, opens one, and is searched', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runPage(things, 'staircase', things.flows.many))
    const nodes = page.locator('.step-node')
    await until(() => nodes.count(), 3)
    await page.getByRole('button', { name: 'stair-… (120)' }).click()
    await page.waitForURL(/open=/)
    await until(() => nodes.count(), 122)
    await page.getByLabel('Part of a name').fill('stair-11')
    await until(() => nodes.count(), 11)
    await page.goBack()
    await until(() => nodes.count(), 3)
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function pauseAndResume({ browser, base, test, expect, things }) {
  await test('journey: pause a flow, then one schedule of it, and let both go on', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const flow = () => ask(base, 'GET', `/projects/${things.flows.project}/flows/nightly`)
    await go(flowPage(things, 'nightly'))
    await page.getByText('every day at 02:30 (Europe/Paris)').first().waitFor()
    await page.getByRole('button', { name: 'Pause: nightly' }).click()
    await page.getByRole('button', { name: 'Resume: nightly' }).waitFor()
    expect((await flow()).paused, true)
    await page.getByRole('button', { name: 'Resume: nightly' }).click()
    await page.getByRole('button', { name: 'Pause: nightly' }).waitFor()
    await page.getByRole('link', { name: 'Schedules and triggers' }).click()
    await page.getByRole('button', { name: 'Pause: night', exact: true }).click()
    await rowsOf(page, 'Schedules').getByText('Paused').waitFor()
    expect([(await flow()).paused, (await flow()).schedules[0].paused], [false, true])
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Resume: night', exact: true }).click()
    await rowsOf(page, 'Schedules').getByText('Paused').waitFor({ state: 'detached' })
    expect(problems, [])
    await close()
  })
}

async function backfill({ browser, base, test, expect, things }) {
  await test('journey: back-fill a schedule over a range, after a look at its moments', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(flowPage(things, 'nightly'))
    const ofRange = `/flow-runs?project=${things.flows.project}&flow=nightly&origin=backfill`
    const { items: before } = await ask(base, 'GET', ofRange)
    await page.getByRole('button', { name: 'Back-fill' }).click()
    const dialog = page.getByRole('dialog', { name: 'Back-fill nightly' })
    await dialog.getByLabel('From').fill('2026-10-23T00:00')
    await dialog.getByLabel('To (not included)').fill('2026-10-22T00:00')
    await dialog.getByText('Must be after the beginning').waitFor()
    await dialog.getByLabel('To (not included)').fill('2026-10-28T00:00')
    await dialog.getByLabel('Moments that have a run already').selectOption({ label: 'Run all of them again' })
    await dialog.getByRole('button', { name: 'Show the moments' }).click()
    await until(() => dialog.getByRole('region', { name: 'Moments' }).getByRole('listitem').count(), 5)
    await until(() => axeViolations(page), [])
    expect((await ask(base, 'GET', ofRange)).items.length, before.length)
    await dialog.getByRole('button', { name: 'Start 5 runs' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByLabel('Origin').selectOption({ label: 'Back-fill' })
    await until(() => rowsOf(page, 'Runs').getByText('Completed').count(), before.length + 5)
    expect(problems, [])
    await close()
  })
}

async function startByWebhook({ browser, base, test, expect, things }) {
  await test('journey: copy the address of a webhook, and see the run that a request to it starts', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${flowPage(things, 'report')}?tab=starts`)
    await page.getByRole('button', { name: 'Copy address of from-ci' }).click()
    const address = await page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('link', { name: 'Runs', exact: true }).last().click()
    await page.getByLabel('Origin').selectOption({ label: 'Webhook' })
    const month = `hook-${Date.now()}`
    const body = JSON.stringify({ month })
    const reply = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(reply.ok, true)
    await rowsOf(page, 'Runs').first().getByText(month, { exact: false }).waitFor()
    await rowsOf(page, 'Runs').first().getByText('Completed').waitFor()
    expect(problems, [])
    await close()
  })
}

async function boundByALimit({ browser, base, test, expect }) {
  await test('journey: set, change and remove a named limit; workers are told with what they have', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const name = `limit-${Date.now()}`
    await go('/flows/workers')
    await rowsOf(page, 'Workers').getByText('Alive').first().waitFor()
    await page.getByRole('link', { name: 'Limits', exact: true }).click()
    await page.getByRole('button', { name: 'Add a limit' }).click()
    const added = page.getByRole('dialog', { name: 'Add a limit' })
    await added.getByLabel('Name').fill(name)
    await added.getByLabel('Slots').fill('0')
    await added.getByText('Enter a whole number from 1 on').waitFor()
    await added.getByLabel('Slots').fill('3')
    await until(() => axeViolations(page), [])
    await added.getByRole('button', { name: 'Save' }).click()
    const row = rowsOf(page, 'Limits').filter({ hasText: name })
    await row.getByText('0 of 3').waitFor()
    await row.getByRole('button', { name: 'Change' }).click()
    const changed = page.getByRole('dialog', { name: `Change limit ${name}` })
    await changed.getByLabel('Starts at most').fill('10')
    await changed.getByLabel('in so many seconds').fill('60')
    await changed.getByRole('button', { name: 'Save' }).click()
    await row.getByText('10 in 1 min').waitFor()
    const { items } = await ask(base, 'GET', '/flow-limits')
    expect(items.find((limit) => limit.name === name).rate, { takes: 10, per_ms: 60_000 })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    expect(problems, [])
    await close()
  })
}
