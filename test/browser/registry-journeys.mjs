// What people do with one run, its files, its models, the trash and traces.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { logMetric, logRun, seedRun } from './seed-registry.mjs'

export async function registryJourneys(context) {
  await editARun(context)
  await deleteARun(context)
  await watchARun(context)
  await readAFailedRun(context)
  await previewFiles(context)
  await deleteAFile(context)
  await registerAndCompare(context)
  await rollBack(context)
  await manageAModel(context)
  await emptyTheTrash(context)
  await readATrace(context)
}

const runPage = ({ registry }, run, tab = '') => `/p/${registry.name}/runs/${run}${tab}`

async function editARun({ browser, base, test, expect, things }) {
  await test('journey: rename a run by keyboard, describe it and change its tags', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await logRun(base, things.registry.experiment, { runName: 'before', start: Date.now() })
    await go(runPage(things, run))
    await page.getByRole('button', { name: 'Change: name of the run' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'name of the run' }).fill('after')
    await until(() => axeViolations(page), [])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'after' }).waitFor()
    await page.getByRole('button', { name: 'Change: Description' }).click()
    await page.getByRole('textbox', { name: 'Description' }).fill('Two words')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Two words').waitFor()
    await page.getByRole('button', { name: 'Add a tag' }).click()
    await page.getByRole('textbox', { name: 'Tag' }).fill('team')
    await page.getByRole('textbox', { name: 'Value' }).fill('core')
    await page.keyboard.press('Enter')
    await page.getByText('core', { exact: true }).waitFor()
    await page.reload()
    await page.getByText('core', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Remove the tag team' }).click()
    await page.getByText('No tags set').waitFor()
    expect(problems, [])
    await close()
  })
}

async function deleteARun({ browser, base, test, expect, things }) {
  await test('journey: delete a run, and undo it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await logRun(base, things.registry.experiment, { runName: 'undone', start: Date.now() })
    await go(runPage(things, run))
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Move the run to the trash' }).click()
    await page.getByText('This run is in the trash.').waitFor()
    await until(() => page.getByRole('button', { name: 'Change: name of the run' }).count(), 0)
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('button', { name: 'Change: name of the run' }).waitFor()
    await until(() => page.getByText('This run is in the trash.').count(), 0)
    expect(problems, [])
    await close()
  })
}

async function watchARun({ browser, base, test, expect, things }) {
  await test('journey: a running run changes before the eyes, waits while paused, and ends', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await logRun(base, things.registry.experiment, { runName: 'live', start: Date.now(), end: false })
    await logMetric(base, run, 'loss', 0.5, 0)
    await go(runPage(things, run))
    const row = page.getByRole('row', { name: /loss/ })
    await row.getByText('0.500').first().waitFor()
    await logMetric(base, run, 'loss', 0.25, 1)
    await row.getByText('0.250').first().waitFor()
    await page.getByText('all its tabs follow it').waitFor()
    await page.locator('main').getByRole('button', { name: 'Pause live updates' }).click()
    await page.getByText('updates are paused').waitFor()
    await logMetric(base, run, 'loss', 0.125, 2)
    await page.waitForTimeout(1500)
    expect(await row.getByText('0.125').count(), 0)
    await page.locator('main').getByRole('button', { name: 'Resume live updates' }).click()
    await row.getByText('0.125').first().waitFor()
    await page
      .getByRole('main')
      .getByRole('link', { name: /^Metrics/ })
      .click()
    await page
      .getByText(/loss: 3 points/)
      .first()
      .waitFor()
    await logMetric(base, run, 'loss', 0.1, 3)
    await page
      .getByText(/loss: 4 points/)
      .first()
      .waitFor()
    await fetch(`${base}/api/2.0/mlflow/runs/update`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: run, status: 'FINISHED', end_time: Date.now() }),
    })
    await page.getByText('Finished', { exact: true }).waitFor()
    await until(() => page.getByText('all its tabs follow it').count(), 0)
    expect(problems, [])
    await close()
  })
}

async function readAFailedRun({ browser, base, test, expect, things }) {
  await test('journey: a failed run says so first', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runPage(things, things.registry.failed))
    const alert = page.getByRole('alert')
    await until(async () => (await alert.textContent()).includes('This run failed'), true)
    await alert.getByRole('link', { name: 'Look at its artifacts' }).click()
    await page.getByRole('heading', { name: 'No artifact logged' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function previewFiles({ browser, base, test, expect, things }) {
  await test('journey: every kind of file has its preview', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(runPage(things, things.registry.run, '/artifacts'))
    const tree = page.getByRole('navigation', { name: 'Artifacts' })
    const open = (name) => tree.getByRole('link', { name: new RegExp(`^${name}`) }).click()
    await open('settings.json')
    await page.getByRole('region', { name: 'Preview of settings.json' }).getByText('layers').waitFor()
    await open('table.json')
    await page.getByRole('columnheader', { name: 'question' }).waitFor()
    await page.getByRole('cell', { name: 'What is drift?' }).waitFor()
    await open('points.csv')
    await page.getByText('First 200 of 300 rows').waitFor()
    await open('plot.png')
    await page.getByText('8 × 8 px').waitFor()
    await open('MLmodel')
    await page.getByRole('cell', { name: 'tensor int64 (-1)' }).waitFor()
    await open('train.log')
    await page.getByRole('button', { name: 'Show the first 1 MB' }).click()
    await page.getByText('Only the first 1 MB of 1.6 MB are shown.').waitFor()
    await open('report.html')
    const frame = page.frameLocator('iframe')
    await frame.getByRole('heading', { name: 'Report' }).waitFor()
    expect(await frame.getByText('script ran').count(), 0)
    await until(() => page.locator('iframe').getAttribute('sandbox'), '')
    await page.getByRole('button', { name: 'Source' }).click()
    await page.getByRole('region', { name: 'Preview of report.html' }).getByText('script ran').waitFor()
    await tree.getByRole('button', { name: 'Close data' }).click()
    await until(() => tree.getByRole('link', { name: /^points.csv/ }).count(), 0)
    expect(problems, [])
    await close()
  })
}

async function deleteAFile({ browser, base, test, expect, things }) {
  await test('journey: deleting a file wants its name typed', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const run = await seedRun(base, things.registry.experiment, 'loses a file')
    await go(runPage(things, run, '/artifacts?path=spare.txt'))
    await page.getByText('may be deleted').waitFor()
    await page.getByRole('button', { name: 'Remove' }).click()
    const dialog = page.getByRole('dialog')
    const confirm = dialog.getByRole('button', { name: 'Delete for good' })
    await until(() => confirm.isDisabled(), true)
    await until(() => axeViolations(page), [])
    await dialog.getByLabel('Type spare.txt to confirm').fill('spare.txt')
    await confirm.click()
    await page.getByText('There is no spare.txt here any more.').waitFor()
    expect(problems, [])
    await close()
  })
}

async function registerAndCompare({ browser, base, test, expect, things }) {
  await test('journey: register a model from a run, and compare it with the holder of an alias', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { registry } = things
    await go(runPage(things, registry.run))
    await page.getByRole('button', { name: 'Register the model' }).click()
    const dialog = page.getByRole('dialog')
    await dialog
      .getByRole('textbox', { name: 'Under the name' })
      .or(dialog.getByRole('combobox', { name: 'Under the name' }))
      .first()
      .fill(registry.model)
    await dialog.getByLabel('Description').fill('From the page')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Register the model' }).click()
    await page.getByRole('heading', { level: 1, name: `${registry.model}, version 3` }).waitFor()
    await settled(page)
    await page.getByText('From the page').waitFor()
    await page.getByRole('heading', { name: 'Compared with @champion, version 2' }).waitFor()
    await page.getByRole('cell', { name: 'width' }).waitFor()
    await page.getByText(`models:/${registry.model}/3`).first().waitFor()
    await page.getByRole('link', { name: /^Files/ }).click()
    await page.getByRole('link', { name: /^MLmodel/ }).click()
    await page.getByRole('cell', { name: 'tensor int64 (-1)' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function rollBack({ browser, base, test, expect, things }) {
  await test('journey: roll an alias back with a reason, by keyboard, and read who changed what', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { model } = things.registry
    await go(`/models/${model}`)
    await page.getByRole('button', { name: 'Back to version 1' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await until(() => dialog.getByLabel('Reason').evaluate((field) => field === document.activeElement), true)
    await page.keyboard.type('Worse on new data')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Roll champion back to version 1' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('champion now points to version 1').waitFor()
    await page.getByRole('link', { name: 'All changes' }).click()
    const row = page.getByRole('row', { name: /Worse on new data/ })
    await row.waitFor()
    const cells = await row.getByRole('cell').allTextContents()
    expect(cells.slice(2), ['Alias champion', '–', '2', '1', 'Worse on new data'])
    expect(problems, [])
    await close()
  })
}

async function manageAModel({ browser, base, test, expect, things }) {
  await test('journey: register a name, filter, rename, stage, delete with the name typed', async () => {
    const { page, problems, expectStatus, go, close } = await openWindow(browser, { base })
    // The page may ask once more for the name that is just gone, when the event of the change comes before its reply.
    expectStatus(404)
    const { model } = things.registry
    await go('/models')
    await page.getByRole('button', { name: 'Register a name' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill(`${model}-empty`)
    await page.getByRole('dialog').getByRole('button', { name: 'Register a name' }).click()
    await page.getByRole('heading', { level: 1, name: `${model}-empty` }).waitFor()
    await page.getByRole('button', { name: 'Change: name of the model' }).click()
    await page.getByRole('textbox', { name: 'name of the model' }).fill(`${model}-renamed`)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: `${model}-renamed` }).waitFor()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete the model' }).click()
    await page
      .getByRole('dialog')
      .getByLabel(/^Type /)
      .fill(`${model}-renamed`)
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
    await page.getByRole('textbox', { name: /^Filter by name/ }).fill(`@champion ${model}`)
    await page.waitForURL(/filter=/)
    await page.getByText(/^Showing 1 of/).waitFor()
    await page.getByRole('link', { name: model, exact: true }).click()
    await page.getByRole('link', { name: 'Version 2', exact: true }).first().click()
    await page.getByRole('heading', { level: 1, name: `${model}, version 2` }).waitFor()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Change the stage' }).click()
    await page.getByRole('dialog').getByLabel('Stage').selectOption('Production')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByText('Production', { exact: true }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function emptyTheTrash({ browser, base, test, expect, things }) {
  await test('journey: restore a run from the trash, and erase it for good', async () => {
    const { page, problems, expectStatus, go, close } = await openWindow(browser, { base })
    const { deleted, deletedName } = things.registry
    await go('/trash?kind=run')
    const box = page.getByRole('checkbox', { name: `Choose ${deletedName}` })
    await box.check()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('1 thing restored').waitFor()
    await box.waitFor({ state: 'detached' })
    await fetch(`${base}/api/v1/runs/delete`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ run_ids: [deleted] }),
    })
    await box.check()
    await page.getByRole('button', { name: 'Erase', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await until(() => axeViolations(page), [])
    await dialog.getByLabel(`Type ${deletedName} to confirm`).fill(deletedName)
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText(/^1 thing erased/).waitFor()
    expect(problems, [])
    expectStatus(404)
    expect((await fetch(`${base}/api/v1/runs/${deleted}`)).status, 404)
    await close()
  })
}

async function readATrace({ browser, base, test, expect, things }) {
  await test('journey: find a trace, read a span, and its link leads back to it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { experiment, trace } = things.registry
    await go(`/traces?experiment=${experiment}`)
    const search = page.getByRole('textbox', { name: 'Search in names and contents' })
    await search.fill('nothing like it')
    await page.keyboard.press('Enter')
    await page.getByText('No trace matches').waitFor()
    await search.fill('drift')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'answer', exact: true }).click()
    await page.waitForURL(new RegExp(trace))
    await page.getByRole('alert').getByText('The model refused').waitFor()
    await page.getByText('What is drift?').first().waitFor()
    await page.getByRole('link', { name: /ask the model/ }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/span=/)
    await page.getByRole('region', { name: 'Span ask the model' }).waitFor()
    await page.goto(page.url())
    await page.getByRole('region', { name: 'Span ask the model' }).waitFor()
    await page.getByRole('button', { name: 'Close answer' }).click()
    await until(() => page.getByRole('link', { name: /ask the model/ }).count(), 0)
    expect(problems, [])
    await close()
  })
}
