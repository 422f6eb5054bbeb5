// What people do to train: send a file, choose, watch, compare, promote, stop, and read why it failed.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWindow, settled, until } from './browser.mjs'
import { chooseByKey, tabTo } from './by-keyboard.mjs'
import { axeViolations } from './page-checks.mjs'
import { ask } from './seed-data.mjs'

/** The real data set, where the folder beside the repository has it. */
const shared = new URL('../../../shared/data/diabetes.csv', import.meta.url)

export async function trainingJourneys(context) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-training-'))
  try {
    const own = { ...context, folder, mark: Date.now().toString(36) }
    await trainThree(own)
    await promoteTheBest(own)
    await trainByKeyboard(own)
    await trainAClass(own)
    await searchAndTry(own)
    await cancelATraining(own)
    await refuseBadInput(own)
    await readAFailure(own)
    await keepTheForm(own)
    await leaveTheForm(own)
    await copyTheCode(own)
    await chooseAmongMany(own)
    await followLinks(own)
    await trainInFrench(own)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Ten measures and what they tell, as the diabetes data has them; its own rows where those are not here. */
function diabetes() {
  if (existsSync(shared)) return readFileSync(shared, 'utf8')
  const rows = Array.from({ length: 442 }, (_, row) => {
    const [age, sex] = [20 + ((row * 17) % 60), 1 + (row % 2)]
    const measures = Array.from({ length: 8 }, (_, at) => (50 + ((row * (31 + at * 7)) % 89) + at / 10).toFixed(1))
    const progression = 25 + Math.round(age + Number(measures[0]) * 1.2 + Number(measures[6]) * 0.8 + ((row * 29) % 41))
    return [age, sex, ...measures, progression].join(',')
  })
  return `age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,progression\n${rows.join('\n')}\n`
}

/** Houses as French spreadsheets write them. */
function houses() {
  const rows = Array.from({ length: 300 }, (_, row) => {
    const surface = 20 + ((row * 37) % 150)
    const price = surface * 3100 + [90_000, 30_000, 0][row % 3] + (row % 7) * 4000
    return [surface, 1 + (row % 6), ['Paris', 'Lyon', 'Nice'][row % 3], `${price},5`].join(';')
  })
  return `surface;pièces;ville;prix\n${rows.join('\n')}\n`
}

function write(folder, name, content) {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const pathOf = ({ things }) => `/p/${things.data.project}/train`
const rowsOf = (page, name) => page.getByRole('table', { name }).locator('tbody').getByRole('row')

/** The number of a tile of the results. */
const tile = async (page, metric) =>
  Number(
    await page
      .getByRole('region', { name: 'Results' })
      .getByText(metric, { exact: true })
      .locator('xpath=following-sibling::dd[1]')
      .getAttribute('title'),
  )

async function upload(page, path, { name, words }) {
  await page.getByRole('button', { name: words.upload }).click()
  await page.getByLabel(words.file, { exact: true }).setInputFiles(path)
  const field = page.getByLabel(words.name)
  if (name !== undefined) await field.fill(name)
  await until(async () => (await field.inputValue()) !== '', true)
  const taken = await field.inputValue()
  await page.getByRole('button', { name: words.send, exact: true }).click()
  await page.getByText(words.ready(taken)).waitFor()
  return taken
}

const english = {
  upload: 'Upload a file',
  file: 'File',
  name: 'Name of the dataset',
  send: 'Upload',
  ready: (name) => `${name} is ready and chosen`,
}
const french = {
  upload: 'Envoyer un fichier',
  file: 'Fichier',
  name: 'Nom du jeu de données',
  send: 'Envoyer',
  ready: (name) => `${name} est prêt et choisi`,
}

/** Presses the button, and gives the run once its results are there. */
async function start(page) {
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await page.waitForURL(/\/train\/[0-9a-f]{32}$/)
  return page.url().split('/').at(-1)
}

async function results(page) {
  await page.getByRole('heading', { name: 'Results' }).waitFor()
}

async function trainThree(own) {
  const { browser, base, test, expect, folder, mark, things } = own
  await test('journey: a newcomer sends a file, trains three models, and sees R2 and RMSE wherever they belong', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(pathOf(own))
    const dataset = await upload(page, write(folder, 'diabetes.csv', diabetes()), {
      name: `diabetes-${mark}`,
      words: english,
    })
    await page.getByLabel('Target', { exact: true }).selectOption('progression')
    await page.getByText('10 of 10 chosen').waitFor()
    await until(() => axeViolations(page), [])
    const made = []
    for (const kind of ['linear_regression', 'random_forest_regressor', 'hist_gradient_boosting_regressor']) {
      await page.getByLabel('Estimator', { exact: true }).selectOption(kind)
      await page.getByLabel('Register as model').fill(`progression-${mark}`)
      const run = await start(page)
      await results(page)
      made.push({ kind, run, r2: await tile(page, 'R²'), rmse: await tile(page, 'RMSE') })
      await until(() => axeViolations(page), [])
      await page.getByRole('link', { name: 'Change and train again' }).click()
      await page.getByLabel('Estimator', { exact: true }).waitFor()
      await until(() => page.getByLabel('Target', { exact: true }).inputValue(), 'progression')
    }
    const gauges = await (await fetch(`${base}/metrics`)).text()
    for (const { kind, run, r2, rmse } of made) {
      const { metrics } = await ask(base, 'GET', `/runs/${run}`)
      expect([metrics.r2.value, metrics.rmse.value], [r2, rmse])
      for (const [metric, value] of [
        ['r2', r2],
        ['rmse', rmse],
      ]) {
        const labels = `dataset="${dataset}",target="progression",estimator="${kind}"`
        const line = gauges
          .split('\n')
          .find(
            (one) =>
              one.startsWith('fabrique_training_metric{') && one.includes(labels) && one.includes(`metric="${metric}"`),
          )
        expect(Number(line?.split(' ').at(-1)), value)
      }
    }
    const [{ run, r2 }] = made
    await go(`/p/${things.data.project}/runs/${run}/metrics`)
    await page.getByText('r2', { exact: true }).first().waitFor()
    await go(`${pathOf(own)}/${made.at(-1).run}`)
    const rows = rowsOf(page, 'Trainings on the same dataset and target')
    await rows.nth(2).waitFor()
    await until(() => rows.count(), 3)
    const best = made.toSorted((first, second) => second.r2 - first.r2)[0]
    const { run_name } = (
      await ask(base, 'GET', `/projects/${things.data.project}/trainings?dataset=${dataset}`)
    ).items.find((one) => one.run_id === best.run)
    await rows.filter({ hasText: run_name }).getByText('(best)').first().waitFor()
    const save = page.getByRole('link', { name: /CSV/ })
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()])
    const csv = readFileSync(await download.path(), 'utf8')
    const [head, ...lines] = csv.trim().split(/\r?\n/)
    const line = lines.find((one) => one.includes(run)).split(',')
    expect(Number(line[head.split(',').indexOf('r2')]), r2)
    expect(problems, [])
    await close()
  })
}

async function promoteTheBest(own) {
  const { browser, base, test, expect, mark, things } = own
  await test('journey: promote a training from its page, and see how far the others are from it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const model = `progression-${mark}`
    const { items } = await ask(base, 'GET', `/projects/${things.data.project}/trainings?model=${model}`)
    const first = items.find(({ version }) => version === '1')
    await go(`${pathOf(own)}/${first.run_id}`)
    await page.getByRole('button', { name: 'Promote to champion' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('The first of its kind')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Promote to champion' }).click()
    await page.getByText(`Version 1 of ${model} is the champion now`).waitFor()
    expect((await ask(base, 'GET', `/models/${model}`)).aliases.champion, '1')
    const others = rowsOf(page, 'Trainings on the same dataset and target').filter({ hasText: 'version 2' })
    await others.locator('[title$="against the champion"]').first().waitFor()
    await ask(base, 'DELETE', `/models/${model}/aliases/champion`, { reason: 'Browser test' })
    expect(problems, [])
    await close()
  })
}

async function trainByKeyboard(own) {
  const { browser, base, test, expect, mark } = own
  await test('journey: train by keyboard alone', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(pathOf(own))
    await tabTo(page, page.getByLabel('Dataset', { exact: true }))
    await chooseByKey(page, page.getByLabel('Dataset', { exact: true }), `diabetes-${mark}`)
    await page.getByLabel('Target', { exact: true }).waitFor()
    await tabTo(page, page.getByLabel('Target', { exact: true }))
    await chooseByKey(page, page.getByLabel('Target', { exact: true }), 'progression')
    await tabTo(page, page.getByLabel('bmi'))
    await page.keyboard.press('Space')
    await page.getByText('9 of 10 chosen').waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Train', exact: true }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/train\/[0-9a-f]{32}$/)
    await results(page)
    const { params } = await ask(base, 'GET', `/runs/${page.url().split('/').at(-1)}`)
    expect(params.features, 'age, sex, bp, s1, s2, s3, s4, s5, s6')
    expect(problems, [])
    await close()
  })
}

async function trainAClass(own) {
  const { browser, base, test, expect } = own
  await test('journey: a class is guessed from the target; parameters of the form are those of the run', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=simulated&target=target`)
    await until(() => page.getByRole('radio', { name: 'A class' }).isChecked(), true)
    await page.getByLabel('Estimator', { exact: true }).selectOption('hist_gradient_boosting_classifier')
    await page.getByLabel('learning_rate').fill('0,05')
    await page.getByText(/more parameters$/).click()
    await page.getByLabel('early_stopping').selectOption('true')
    await page.getByLabel('Test rows, in percent').fill('30')
    await page.getByLabel('Seed', { exact: true }).fill('7')
    const run = await start(page)
    await results(page)
    for (const metric of ['Accuracy', 'F1 (macro)', 'ROC AUC', 'Log loss'])
      expect(Number.isFinite(await tile(page, metric)), true)
    const { params } = await ask(base, 'GET', `/runs/${run}`)
    expect([params.learning_rate, params.early_stopping, params.test_share, params.seed], ['0.05', 'True', '0.3', '7'])
    await page.getByRole('application', { name: /^loss/ }).waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function searchAndTry(own) {
  const { browser, base, test, expect } = own
  await test('journey: search parameters, and try several within a time, with the leaderboard at the end', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=simulated&target=target`)
    await page.getByText('Search parameters', { exact: true }).click()
    await page.getByLabel('Trials at most').fill('3')
    await page.getByLabel('Method').selectOption('random')
    const searched = await start(page)
    await results(page)
    const { params } = await ask(base, 'GET', `/runs/${searched}`)
    expect([params['search.method'], params['search.trials']], ['random', '3'])
    await go(`${pathOf(own)}?dataset=simulated&target=target`)
    await page.getByText('Try several', { exact: true }).click()
    await page.getByLabel('Time to try, in seconds').fill('8')
    await start(page)
    await results(page)
    await page.getByRole('heading', { name: 'Leaderboard' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function cancelATraining(own) {
  const { browser, base, test, expect } = own
  await test('journey: watch a training, load the page again, and cancel it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    // Slow on purpose: thousands of trees for a number that nothing tells.
    const slow =
      'estimator=mlp_regressor&params=hidden_layer_sizes,400~1 400,max_iter,100000,tol,0,n_iter_no_change,100000'
    await go(`${pathOf(own)}?dataset=readings&target=hours&without=energy&${slow}`)
    const run = await start(page)
    await page.getByRole('progressbar', { name: 'Learns' }).waitFor()
    await page.getByText(/^\d+ of 100,000/).waitFor()
    await page.getByRole('application', { name: /^training_loss/ }).waitFor()
    await until(() => axeViolations(page), [])
    await page.reload()
    await settled(page)
    await page.getByText(/^\d+ of 100,000/).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Learns' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('The training was cancelled. Nothing was registered.').waitFor()
    expect((await ask(base, 'GET', `/runs/${run}`)).status, 'KILLED')
    expect(problems, [])
    await close()
  })
}

async function refuseBadInput(own) {
  const { browser, base, test, expect } = own
  await test('journey: what is wrong stands at its field, and the first has the focus', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(pathOf(own))
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByText('Needed').first().waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'train-dataset')
    await go(`${pathOf(own)}?dataset=readings&target=hours&estimator=ridge&params=alpha,-1,max_iter,many&seed=x`)
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByText('At least 0').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'train-param.alpha')
    await page.getByText('3 fields need a look').waitFor()
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Choose none' }).click()
    await page.getByText('Choose at least one feature').waitFor()
    expect(problems, [])
    await close()
  })
  await test('journey: what the server refuses stands at its field too', async () => {
    const { page, expectStatus, go, close } = await openWindow(browser, { base })
    expectStatus(404)
    await go(`${pathOf(own)}?dataset=simulated&target=target`)
    await page.route('**/api/v1/projects/*/trainings', (route) => {
      const body = JSON.parse(route.request().postData() ?? '{}')
      return route.continue({ postData: JSON.stringify({ ...body, snapshot: 'simulated@gone' }) })
    })
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'train-dataset')
    await until(() => page.getByLabel('Dataset', { exact: true }).getAttribute('aria-invalid'), 'true')
    await close()
  })
  await test('journey: a file that is none is refused before it is sent, and a broken one with its reason', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(pathOf(own))
    await page.getByRole('button', { name: 'Upload a file' }).click()
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    await page.getByText('Use 1 to 63 lower case letters').waitFor()
    await page.getByLabel('File', { exact: true }).setInputFiles(write(own.folder, 'notes.docx', 'no table'))
    await page.getByText('Choose a file that ends in .csv').waitFor()
    await page.getByLabel('File', { exact: true }).setInputFiles(write(own.folder, 'broken.parquet', 'no parquet'))
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await until(async () => /Code \w+/.test(await page.getByRole('alert').textContent()), true)
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function readAFailure(own) {
  const { browser, base, test, expect } = own
  await test('journey: a target that misses values is warned of, and the training says why it failed', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=readings&target=energy&estimator=ridge`)
    await page.getByText(/rows have no value here/).waitFor()
    await start(page)
    const failure = page.getByRole('alert')
    await failure.waitFor()
    await until(
      async () => /The training failed.*"energy" is missing.*Code training_refused/s.test(await failure.textContent()),
      true,
    )
    await page.getByRole('link', { name: 'Change and train again' }).click()
    await page.getByLabel('Target', { exact: true }).waitFor()
    await until(() => page.getByLabel('Target', { exact: true }).inputValue(), 'energy')
    expect(problems, [])
    await close()
  })
}

async function keepTheForm(own) {
  const { browser, base, test, expect } = own
  await test('journey: the address carries the form, and Back undoes leaving it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=readings`)
    await page.getByLabel('Target', { exact: true }).selectOption('hours')
    await page.getByLabel('energy').uncheck()
    await page.getByLabel('Estimator', { exact: true }).selectOption('ridge')
    await page.getByLabel('alpha').fill('2,5')
    await page.getByLabel('Which rows test the model').selectOption('time')
    await page.getByLabel('Column of the time').selectOption('day')
    await page.waitForURL(/column=day/)
    const state = async () => [
      await page.getByLabel('Target', { exact: true }).inputValue(),
      await page.getByLabel('energy').isChecked(),
      await page.getByLabel('Estimator', { exact: true }).inputValue(),
      await page.getByLabel('alpha').inputValue(),
      await page.getByLabel('Column of the time').inputValue(),
    ]
    const kept = ['hours', false, 'ridge', '2,5', 'day']
    await until(state, kept)
    await page.reload()
    await settled(page)
    await page.getByLabel('Column of the time').waitFor()
    await until(state, kept)
    await page.getByRole('link', { name: 'Look at the data' }).click()
    await page.waitForURL(/snapshots/)
    await page.goBack()
    await page.getByLabel('Column of the time').waitFor()
    await until(state, kept)
    expect(problems, [])
    await close()
  })
}

async function leaveTheForm(own) {
  const { browser, base, test, expect } = own
  await test('journey: a change of the form that comes late does not stand in the address of the next page', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=readings&target=hours&estimator=ridge`)
    let release = () => {}
    const held = new Promise((resolve) => {
      release = resolve
    })
    await page.route('**/snapshot-page*.js', async (route) => {
      await held
      await route.continue()
    })
    await page.getByLabel('alpha').fill('7')
    await page.getByRole('link', { name: 'Look at the data' }).click()
    await page.waitForURL(/snapshots/)
    // A timer of the page that was set before this one is over when this one is.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
    release()
    await page.getByRole('link', { name: 'Profile', exact: true }).waitFor()
    expect(new URL(page.url()).search, '')
    expect(problems, [])
    await close()
  })
}

async function copyTheCode(own) {
  const { browser, base, test, expect, things } = own
  await test('journey: the code is what the form says: its request trains the same model', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${pathOf(own)}?dataset=simulated&target=target&estimator=logistic_regression&params=C,0.3&test=25`)
    const code = page.getByRole('region', { name: 'The same as code' })
    await code.getByText('logisticRegression({ C: 0.3 })').waitFor()
    await code.getByText('CLI', { exact: true }).click()
    await code.getByText(/--param C=0\.3/).waitFor()
    await code.getByText('curl', { exact: true }).click()
    await code.getByRole('button', { name: 'Copy curl' }).click()
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
    await until(async () => (await clipboard()).startsWith('curl '), true)
    const copied = await clipboard()
    const words = execFileSync(
      '/bin/sh',
      ['-c', `for word in ${copied.replace(/^curl /, '')}; do printf '%s\\0' "$word"; done`],
      {
        encoding: 'utf8',
      },
    ).split('\0')
    expect(words[0], `${base}/api/v1/projects/${things.data.project}/trainings`)
    const started = await ask(base, 'POST', `/projects/${things.data.project}/trainings`, JSON.parse(words[4]))
    await go(`${pathOf(own)}/${started.run_id}`)
    await results(page)
    const { params } = await ask(base, 'GET', `/runs/${started.run_id}`)
    expect([params.C, params.test_share, params.estimator], ['0.3', '0.25', 'logistic_regression'])
    expect(problems, [])
    await close()
  })
}

async function chooseAmongMany(own) {
  const { browser, base, test, expect, folder, mark } = own
  await test('journey: a thousand columns can be searched and chosen, and the form lasts', async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `a_rather_long_name_of_column_${at}`)
    const row = (index) => [...names.map((_, at) => (index * (at + 3)) % 17), index % 5].join(',')
    const csv = `${[...names, 'y'].join(',')}\n${Array.from({ length: 40 }, (_, index) => row(index)).join('\n')}\n`
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(pathOf(own))
    await upload(page, write(folder, 'wide.csv', csv), { name: `wide-${mark}`, words: english })
    await page.getByLabel('Target', { exact: true }).selectOption('y')
    await page.getByText('1,000 of 1,000 chosen').waitFor()
    await page.getByText('Showing the first 200 of 1,000').waitFor()
    await page.getByLabel('Find a column').fill('column_9')
    await page.getByRole('button', { name: 'Leave out those found' }).click()
    await page.getByText('889 of 1,000 chosen').waitFor()
    await page.getByLabel('Find a column').fill('column_3')
    await page.getByRole('button', { name: 'Leave out those found' }).click()
    await page.getByText('778 of 1,000 chosen').waitFor()
    await until(() => axeViolations(page), [])
    // Longer than an address may be: the tab keeps it.
    await page.waitForFunction(() => sessionStorage.getItem('fabrique.train') !== null)
    await page.reload()
    await settled(page)
    await page.getByText('778 of 1,000 chosen').waitFor()
    expect(problems, [])
    await close()
  })
}

async function followLinks(own) {
  const { browser, base, test, expect, things } = own
  await test('journey: from a dataset, a snapshot, the palette and the navigation to the form', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { project, first } = things.data
    await go(`/p/${project}/datasets/readings`)
    await page.getByRole('link', { name: 'Train on this' }).click()
    await page.getByLabel('Target', { exact: true }).waitFor()
    await until(() => page.getByLabel('Dataset', { exact: true }).inputValue(), 'readings')
    await go(`/p/${project}/datasets/readings/snapshots/${first}`)
    await page.getByRole('link', { name: 'Train on this' }).click()
    await page.getByLabel('Target', { exact: true }).waitFor()
    await until(() => page.getByLabel('Snapshot', { exact: true }).inputValue(), first)
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Train' }).click()
    await page.waitForURL(/\/train$/)
    await until(() => page.getByLabel('Dataset', { exact: true }).inputValue(), '')
    await go('/')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to or do' }).fill(`${project} train`)
    // What the palette offers comes from the server.
    await page.getByRole('option').first().waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Train a model' }).waitFor()
    expect(problems, [])
    await close()
  })
}

async function trainInFrench(own) {
  const { browser, base, test, expect, folder, mark } = own
  await test('journey: the same in French, on a file of a French spreadsheet', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr', theme: 'dark' })
    await go(pathOf(own))
    const name = await upload(page, write(folder, `Maisons à vendre ${mark}.csv`, houses()), { words: french })
    expect(name, `maisons-a-vendre-${mark}`)
    await page.getByLabel('Cible', { exact: true }).selectOption('prix')
    await page.getByText('3 sur 3 choisies').waitFor()
    await page.getByLabel('Estimateur', { exact: true }).selectOption('ridge')
    await page.getByLabel('alpha').fill('0,5')
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Entraîner', exact: true }).click()
    await page.getByRole('heading', { name: 'Résultats' }).waitFor()
    const shown = page.getByRole('region', { name: 'Résultats' })
    await shown
      .getByText(/^0,\d{3}$/)
      .first()
      .waitFor()
    await shown.getByText('plus bas est mieux').first().waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}
