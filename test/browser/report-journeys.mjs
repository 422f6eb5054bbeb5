// What people read in the reports of a training, and how they follow its metrics over time.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations, frameProblems } from './page-checks.mjs'
import { ask, ended } from './seed-data.mjs'

export async function reportJourneys(context) {
  const { base, things } = context
  const { project } = things.data
  const request = {
    snapshot: 'simulated@latest',
    target: 'target',
    task: 'classification',
    estimator: { kind: 'logistic_regression' },
    learning_curve: true,
    run_name: `reports-${Date.now().toString(36)}`,
  }
  const { job, run_id } = await ask(base, 'POST', `/projects/${project}/trainings`, request)
  await ended(base, job)
  const own = { ...context, project, run: run_id, name: request.run_name, job }
  await readReports(own)
  await readValues(own)
  await readForeignReports(own)
  await followMetrics(own)
}

const parts = (page) => page.getByRole('navigation', { name: 'Parts of the run' })
const card = (page, title) => page.locator('.report-card').filter({ has: page.getByRole('heading', { name: title }) })

async function readReports({ browser, base, test, expect, project, run }) {
  await test('reports: of a classifier, drawn and as tables, with their files', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/p/${project}/runs/${run}`)
    await parts(page).getByRole('link', { name: 'Reports' }).click()
    await page.getByRole('heading', { name: 'Confusion matrix' }).waitFor()
    const titles = ['Scores by class', 'ROC curve', 'Precision-recall curve', 'Calibration curve', 'Learning curve']
    for (const title of titles) {
      await card(page, title).scrollIntoViewIfNeeded()
      await card(page, title).locator('svg[role="img"], table').first().waitFor()
    }
    const matrix = page.getByRole('table', { name: /^Confusion matrix/ })
    const counts = await matrix.locator('td strong').allTextContents()
    const report = await (
      await fetch(`${base}/api/v1/runs/${run}/artifacts/file?path=reports/confusion_matrix.json`)
    ).json()
    expect(counts.map(Number), report.counts.flat())

    const roc = card(page, 'ROC curve')
    await roc.getByText('As a table').click()
    await until(async () => (await roc.getByRole('table').locator('tbody tr').count()) > 2, true)
    const box = await roc.locator('svg[role="img"]').boundingBox()
    // The last point of every curve is its upper right corner.
    await page.mouse.move(box.x + box.width - 15, box.y + 9)
    await roc
      .locator('.plot-read')
      .getByText(/True positive rate 1/)
      .waitFor()

    const curve = card(page, 'Learning curve')
    await curve.getByText('As a table').click()
    await until(() => curve.getByRole('table').locator('tbody tr').count(), 5)

    for (const [title, format, type] of [
      ['ROC curve', 'PNG', 'image/png'],
      ['Learning curve', 'PNG', 'image/png'],
      ['ROC curve', 'JSON', 'application/json'],
    ]) {
      const link = page.getByRole('link', { name: `Save ${title} as ${format}` })
      const reply = await fetch(`${base}${await link.getAttribute('href')}`)
      const bytes = new Uint8Array(await reply.arrayBuffer())
      expect(reply.status, 200)
      if (type === 'image/png') expect([...bytes.slice(1, 4)], [80, 78, 71])
      else expect(Array.isArray(JSON.parse(new TextDecoder().decode(bytes))), true)
    }
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function readValues({ browser, base, test, expect, project, things }) {
  await test('reports: of a regressor in French, dark and narrow, with the trials of its search', async () => {
    const look = { base, width: 640, theme: 'dark', language: 'fr' }
    const { page, problems, go, close } = await openWindow(browser, look)
    await go(`/p/${project}/runs/${things.training.search}/reports`)
    const titles = ['Valeurs prédites et réelles', 'Résidus selon la prédiction', 'Distribution des résidus']
    for (const title of [...titles, 'Importance des variables', 'Essais de la recherche']) {
      await card(page, title).scrollIntoViewIfNeeded()
      await card(page, title).locator('svg[role="img"], table').first().waitFor()
    }
    await until(() => page.getByRole('table', { name: 'Essais de la recherche' }).locator('tbody tr').count(), 3)
    await until(() => frameProblems(page, 'fr'), [])
    await until(() => axeViolations(page), [])
    await page.getByRole('link', { name: 'Les essais côte à côte sur des axes parallèles' }).click()
    await page.waitForURL(/view=parallel/)
    await settled(page)
    expect(problems, [])
    await close()
  })
}

/** Anyone may log a file under the name of a report. */
async function readForeignReports({ browser, base, test, expect, project, things }) {
  await test('reports: a file of another form is said, and a run without reports has no such part', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { id: run, artifact_uri: uri } = await logForeign(base, project)
    const root = uri.replace(/^mlflow-artifacts:\/*/, '')
    for (const [name, content] of Object.entries({
      'roc_curve.json': 'no JSON at all',
      'confusion_matrix.json': JSON.stringify({ classes: ['a'], counts: [[1, 2]] }),
      'feature_importances.json': JSON.stringify({ '<b>width</b>': 0.75, 'hauteur ': -0.25 }),
    }))
      await fetch(`${base}/api/2.0/mlflow-artifacts/artifacts/${root}/reports/${name}`, {
        method: 'PUT',
        body: content,
      })
    await go(`/p/${project}/runs/${run}/reports`)
    for (const file of ['roc_curve', 'confusion_matrix'])
      await page.getByText(`reports/${file}.json has a form that is not drawn here`).waitFor()
    await page.getByRole('rowheader', { name: '<b>width</b>' }).waitFor()
    await until(() => axeViolations(page), [])
    await go(`/p/${encodeURIComponent(things.sweep.name)}/runs/${things.sweep.curves[0].id}`)
    await parts(page).getByRole('link', { name: 'Artifacts' }).waitFor()
    await until(() => parts(page).getByRole('link', { name: 'Reports' }).count(), 0)
    expect(problems, [])
    await close()
  })
}

/** A finished run of an experiment that no project has. */
async function logForeign(base, project) {
  const post = async (path, body) => {
    const reply = await fetch(`${base}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!reply.ok) throw new Error(`${path} answers ${reply.status}: ${await reply.text()}`)
    return reply.json()
  }
  const name = { experiment_name: project }
  const found = await fetch(`${base}/api/2.0/mlflow/experiments/get-by-name?${new URLSearchParams(name)}`)
  const { experiment } = await found.json()
  const { run } = await post('runs/create', { experiment_id: experiment.experiment_id, start_time: Date.now() })
  await post('runs/update', { run_id: run.info.run_id, status: 'FINISHED', end_time: Date.now() })
  return { id: run.info.run_id, artifact_uri: run.info.artifact_uri }
}

async function followMetrics({ browser, base, test, expect, project, run, name }) {
  await test('history: metrics over time, to the run by a press, and all as CSV', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/p/${project}/train`)
    const history = page.getByRole('region', { name: 'Metrics over time', exact: true })
    await history.scrollIntoViewIfNeeded()
    await history.getByLabel('Metric', { exact: true }).selectOption('log_loss')
    await history.getByText('smaller is better').waitFor()
    await history.getByText('As a table, with links to the runs').click()
    const link = history.getByRole('link', { name })
    await until(() => link.getAttribute('href'), `/p/${project}/runs/${run}`)
    await until(() => axeViolations(page), [])

    const csv = await (
      await fetch(`${base}${await history.getByRole('link', { name: 'Save as CSV' }).getAttribute('href')}`)
    ).text()
    const [head, ...lines] = csv.trim().split(/\r?\n/)
    expect(head.split(',').includes('log_loss'), true)
    expect(lines.filter((line) => line.includes(run)).length, 1)

    // The newest training is the mark furthest to the right.
    const marks = await history.locator('svg[role="img"] circle').all()
    const boxes = await Promise.all(marks.map((mark) => mark.boundingBox()))
    const last = boxes.reduce((right, box) => (box.x > right.x ? box : right))
    await page.mouse.move(last.x + last.width / 2, last.y + last.height / 2)
    await history.locator('.plot-read').waitFor()
    await page.mouse.down()
    await page.mouse.up()
    await page.waitForURL(new RegExp(`/runs/${run}$`))
    expect(problems, [])
    await close()
  })
  await test('history: in French the CSV is for French Excel', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr', width: 640 })
    await go(`/p/${project}/train`)
    const history = page.getByRole('region', { name: 'Métriques au fil du temps', exact: true })
    const address = await history.getByRole('link', { name: 'Enregistrer en CSV' }).getAttribute('href')
    const csv = await (await fetch(`${base}${address}`)).text()
    expect(csv.split(/\r?\n/)[0].includes(';'), true)
    await until(() => frameProblems(page, 'fr'), [])
    expect(problems, [])
    await close()
  })
}
