// A canary from its start to its end, as people watch it: rolled back with a reason, begun again, promoted, and taken back.
import { openWindow, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { ask, ended } from './seed-data.mjs'

const model = 'rolled out'
const path = `/models/${encodeURIComponent(model)}`
const servedTimeoutMs = 120_000

export async function rolloutJourneys(context) {
  await withTwoVersions(context, async () => {
    await rollBack(context)
    await promoteAndTakeBack(context)
  })
}

async function train(base, project, estimator, promote) {
  const { job } = await ask(base, 'POST', `/projects/${project}/trainings`, {
    snapshot: 'simulated@latest',
    target: 'target',
    task: 'classification',
    estimator,
    register: model,
    promote,
  })
  await ended(base, job)
}

/** Trains two versions and serves the first while `during` runs. */
async function withTwoVersions({ base, test, things }, during) {
  await test('journey: two versions of a model to roll out', async () => {
    await train(base, things.data.project, { kind: 'logistic_regression' }, 'always')
    await train(base, things.data.project, { kind: 'dummy_classifier' }, 'never')
    const deadline = Date.now() + servedTimeoutMs
    while (!(await ask(base, 'GET', '/endpoints')).items.some((one) => one.model === model && one.state === 'ready')) {
      if (Date.now() > deadline) throw new Error(`${model} is not served`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })
  await during()
  await test('journey: the model of the roll-outs is not served any more', async () => {
    await ask(base, 'DELETE', `${path}/aliases/champion`, { reason: 'Browser test' })
  })
}

async function predictSome(base, count) {
  const { items } = await ask(base, 'GET', '/endpoints')
  const features = items.find((one) => one.model === model).signature.example
  for (let index = 0; index < count; index += 1) await ask(base, 'POST', `${path}/predict`, { features })
}

async function rollBack({ browser, base, test, expect }) {
  await test('journey: a canary is started, watched, and rolled back with a reason', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/endpoints/${encodeURIComponent(model)}?tab=rollouts`)
    await page.getByRole('button', { name: 'Start a roll-out' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Candidate').selectOption('2')
    await form.getByLabel('Steps').fill('150/600')
    await form.getByText('Write steps as 5/600, 25/600').waitFor()
    await form.getByLabel('Steps').fill('50/86400')
    await form.getByLabel('Promote by itself after the last step').uncheck()
    await form.getByText(/^candidate, version 2: 50/).waitFor()
    await form.getByLabel(/Reason/).fill('Is the new one better?')
    await until(() => axeViolations(page), [])
    await form.getByRole('button', { name: 'Begin' }).click()
    await page.getByRole('heading', { level: 1, name: 'Canary' }).waitFor()
    await page.getByText('Is the new one better?').waitFor()
    const candidate = page.getByRole('table', { name: 'Variants' }).getByRole('row').filter({ hasText: 'candidate' })
    const answered = async () => {
      await predictSome(base, 10)
      const cells = await candidate.getByRole('cell').allTextContents()
      return cells.some((text) => /^[1-9]\d*$/.test(text.trim()) && text.trim() !== '2')
    }
    await until(answered, true)
    await page.getByRole('button', { name: 'Roll back' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/Reason/).fill('It only guesses')
    await dialog.getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('table', { name: 'Log' }).getByText('It only guesses').waitFor()
    await page.getByRole('button', { name: 'Start it again' }).waitFor()
    await until(async () => (await page.getByText('rolled back').count()) > 0, true)
    await until(() => axeViolations(page), [])
    expect((await ask(base, 'GET', path)).aliases.champion, '1')
    expect(problems, [])
    await close()
  })
}

async function promoteAndTakeBack({ browser, base, test, expect }) {
  await test('journey: the same canary again, promoted by one click and taken back by another', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, width: 640, theme: 'dark' })
    await go(`/endpoints/${encodeURIComponent(model)}?tab=rollouts`)
    await page.getByRole('link', { name: 'Canary' }).first().click()
    const first = page.url()
    await page.getByRole('button', { name: 'Start it again' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start it again' }).click()
    await page.waitForURL((address) => address.href !== first)
    await page.getByRole('button', { name: 'Promote' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Promote' }).click()
    await page.getByRole('button', { name: 'Take the promotion back' }).click()
    await until(() => axeViolations(page), [])
    expect((await ask(base, 'GET', path)).aliases.champion, '2')
    await page.getByRole('dialog').getByRole('button', { name: 'Take the promotion back' }).click()
    await until(async () => (await ask(base, 'GET', path)).aliases.champion, '1')
    await until(() => page.getByRole('button', { name: 'Take the promotion back' }).count(), 0)
    expect(problems, [])
    await close()
  })
}
