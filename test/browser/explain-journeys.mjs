// What people ask of a model once it is there: what it goes by, why one answer, whether another is better, how it decides.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations, frameProblems } from './page-checks.mjs'
import { ask, ended } from './seed-data.mjs'

const model = 'contracts'
const dataset = 'contracts'
const features = ['tenure', 'fee', 'plan', 'calls']

export async function explainJourneys(context) {
  await withModel(context, async (versions) => {
    const own = { ...context, versions }
    await explainByMouse(own)
    await explainByKeyboard(own)
    await cancelAnExplanation(own)
    await refuseAnExplanation(own)
    await askWhy(own)
    await compareTwo(own)
    await lookEverywhere(own)
    await decideOtherwise(own)
  })
}

/** Contracts that end or go on, by what is known of them; the region counts too, and no model may use it. */
function contracts() {
  let state = 7
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  const rows = Array.from({ length: 900 }, () => {
    const [tenure, calls] = [Math.floor(random() * 60), Math.floor(random() * 8)]
    const fee = (5 + random() * 60).toFixed(2)
    const plan = ['basic', 'standard', 'premium'][Math.floor(random() * 3)]
    const region = random() < 0.3 ? 'islands' : 'mainland'
    const logOdds = calls / 2 - tenure / 12 - 1 + (plan === 'basic' ? 1 : 0) + (region === 'islands' ? 2 : 0)
    const ends = random() < 1 / (1 + Math.exp(-logOdds))
    return [tenure, fee, plan, random() < 0.05 ? '' : calls, region, ends ? 'yes' : 'no'].join(',')
  })
  return `tenure,fee,plan,calls,region,ends\n${rows.join('\n')}\n`
}

/** A linear model that is served, and nearest neighbours, while `during` runs. */
async function withModel({ base, test, things }, during) {
  const versions = {}
  await test('journey: two versions of a model are trained over the API, and one is served', async () => {
    const { project } = things.data
    const address = `${base}/api/v1/projects/${project}/datasets/${dataset}/upload?file_name=contracts.csv`
    const headers = { 'content-type': 'application/octet-stream' }
    const reply = await fetch(address, { method: 'POST', headers, body: contracts() })
    await ended(base, await reply.json())
    for (const [name, kind] of [
      ['linear', 'logistic_regression'],
      ['neighbours', 'k_neighbors_classifier'],
    ]) {
      const { job, run_id } = await ask(base, 'POST', `/projects/${project}/trainings`, {
        snapshot: `${dataset}@latest`,
        target: 'ends',
        features,
        estimator: { kind },
        register: model,
        promote: name === 'linear' ? 'always' : 'never',
      })
      await ended(base, job)
      const { items } = await ask(base, 'GET', `/projects/${project}/trainings?model=${model}`)
      versions[name] = items.find((one) => one.run_id === run_id).version
    }
    await until(async () => (await ask(base, 'GET', '/endpoints')).items.some((each) => each.model === model), true)
  })
  await during(versions)
  await test('journey: the explained model is not served any more', async () => {
    await ask(base, 'DELETE', `/models/${model}/aliases/champion`, { reason: 'Browser test' })
  })
}

const tabOf = (version, tab) => `/models/${model}/${version}?tab=${tab}`
const table = (page, name) => page.getByRole('table', { name, exact: true })
/** Numbers of the last column, as exact as the page has them. */
const figures = async (page) =>
  Promise.all(
    (await table(page, 'From the mean answer to this one').locator('tbody tr td.number').all()).map(async (cell) =>
      Number((await cell.getAttribute('title')).replaceAll(',', '')),
    ),
  )
const isSum = ([base, ...others]) => {
  const answer = others.pop()
  return Math.abs(others.reduce((sum, value) => sum + value, base) - answer) < 1e-6
}

async function explainByMouse({ browser, base, test, expect, versions }) {
  await test('journey: explain a version with a group, and read importance, effect, one row and fairness', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/models/${model}/${versions.linear}`)
    await page.getByRole('link', { name: 'Explain', exact: true }).click()
    await page.getByText('Nobody has asked yet.').waitFor()
    await page.getByText('Rows, columns and groups').click()
    await page.getByRole('group', { name: 'Columns whose groups are compared' }).getByLabel('region').check()
    await page.getByLabel('Predictions taken apart').fill('40')
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Explain this version' }).click()
    await page.getByRole('heading', { name: /^Explanation of/ }).waitFor()
    const { items } = await ask(base, 'GET', `/explanations?model=${model}&version=${versions.linear}`)
    expect(items.length, 1)
    const found = await ask(base, 'GET', `/explanations/${items[0].explanation_id}`)
    await until(() => table(page, 'Importance of columns').getByRole('row').count(), features.length + 1)
    for (const { column } of found.dependence) await page.getByRole('heading', { name: column, exact: true }).waitFor()
    await page.getByText('Exact: the model is linear', { exact: false }).waitFor()
    await page.getByLabel('Row. In the order in which they were drawn').fill('2')
    await page.waitForURL(/row=2/)
    const [{ base: mean, columns }] = found.contributions
    const answer = columns.reduce((sum, { contributions }) => sum + contributions[1], mean)
    const shown = async () => (await figures(page)).at(-1)
    await until(async () => Math.abs((await shown()) - answer) < 1e-9, true)
    await until(async () => isSum(await figures(page)), true)
    const [{ groups, demographic_parity_ratio: ratio }] = found.fairness
    expect(groups.map(({ group }) => group).sort(), ['islands', 'mainland'])
    const fairness = page.getByRole('region', { name: 'By region', exact: true })
    const rounded = String(Math.round(ratio * 100) / 100)
    await fairness
      .getByText(`${rounded}, ${ratio < 0.8 ? 'below 0.8' : '0.8 or more'}`)
      .first()
      .waitFor()
    await until(() => axeViolations(page), [])
    await page.reload()
    await settled(page)
    await until(async () => Math.abs((await shown()) - answer) < 1e-9, true)
    expect(problems, [])
    await close()
  })
}

async function explainByKeyboard({ browser, base, test, expect, versions }) {
  await test('journey: explain again by keyboard alone, and go from row to row', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(tabOf(versions.linear, 'explain'))
    const { items: before } = await ask(base, 'GET', `/explanations?model=${model}&version=${versions.linear}`)
    const button = page.getByRole('button', { name: /^Explain (again|this version)$/ })
    await button.waitFor()
    await button.focus()
    await page.keyboard.press('Enter')
    const list = table(page, 'Explanations of this version')
    await until(() => list.locator('tbody').getByRole('row').count(), before.length + 1)
    await until(
      () =>
        list
          .locator('tbody')
          .getByRole('row')
          .first()
          .textContent()
          .then((text) => /shown/.test(text)),
      true,
    )
    const next = page.getByRole('button', { name: 'Next row' })
    await next.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/row=2/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/row=3/)
    await until(async () => isSum(await figures(page)), true)
    await page.getByText('As a table').last().focus()
    await page.keyboard.press('Enter')
    await table(page, 'What each column added, values').waitFor()
    expect(problems, [])
    await close()
  })
}

async function cancelAnExplanation({ browser, base, test, expect, versions }) {
  await test('journey: an explanation that takes long is cancelled, and nothing of it is kept', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(tabOf(versions.neighbours, 'explain'))
    await page.getByText('Rows, columns and groups').click()
    // Slow on purpose: every column is shuffled a hundred times, and neighbours have no short way.
    await page.getByLabel('Shuffles of a column').fill('100')
    await page.getByLabel('Predictions taken apart').fill('10000')
    await page.getByRole('button', { name: 'Explain this version' }).click()
    await page.getByRole('region', { name: 'Explaining' }).getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('The explanation was cancelled. Nothing of it is kept.').waitFor()
    expect((await ask(base, 'GET', `/explanations?model=${model}&version=${versions.neighbours}`)).items, [])
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function refuseAnExplanation({ browser, base, test, expect, versions }) {
  await test('journey: what is wrong with an explanation stands at its field, and one that is gone says so', async () => {
    const { page, problems, expectStatus, go, close } = await openWindow(browser, { base })
    await go(tabOf(versions.neighbours, 'explain'))
    await page.getByText('Rows, columns and groups').click()
    await page.getByLabel('Rows at most').fill('1')
    await page.getByLabel('Seed').fill('many')
    await page.getByText('Rows, columns and groups').click()
    await page.getByRole('button', { name: 'Explain this version' }).click()
    await page.getByText('A whole number from 2 to 100,000').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'explain-rows')
    await until(() => axeViolations(page), [])
    expectStatus(404)
    await go(`${tabOf(versions.neighbours, 'explain')}&explanation=expl_gone`)
    await page.getByRole('alert').getByText('explanation_not_found').waitFor()
    expect(problems, [])
    await close()
  })
}

async function askWhy({ browser, base, test, expect }) {
  await test('journey: after a prediction, why: the contributions add up to the answer, for either class', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/endpoints/${model}/try`)
    await page.getByRole('button', { name: 'Fill in the example' }).click()
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.getByRole('button', { name: 'Why?' }).click()
    const why = page.getByRole('region', { name: 'Why this answer?' })
    await table(why, 'From the mean answer to this one').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'why-title')
    const first = await figures(page)
    expect([first.length, isSum(first)], [features.length + 2, true])
    const predicted = await why.getByLabel('Explain the class').inputValue()
    const other = predicted === 'yes' ? 'no' : 'yes'
    await why.getByLabel('Explain the class').selectOption(other)
    await why.getByText(`In log-odds of ${other}`, { exact: false }).waitFor()
    // What speaks for one of two classes speaks against the other.
    await until(async () => (await figures(page)).every((value, at) => Math.abs(value + first[at]) < 1e-4), true)
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function compareTwo({ browser, base, test, expect, versions }) {
  await test('journey: from the champion to a comparison on the same rows, with what the test says', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/models/${model}/${versions.neighbours}`)
    await page.getByRole('link', { name: 'Compare on the same rows, with a test' }).click()
    await page.waitForURL(/tab=compare/)
    const result = await ask(base, 'POST', '/model-comparisons', {
      first: `${model}/${versions.linear}`,
      second: `${model}/${versions.neighbours}`,
    })
    const { better } = result.test
    const sentence =
      better === 'neither'
        ? /The difference may be due to chance|There is no difference between them/
        : new RegExp(`Version ${result[better].version} is better, and hardly by chance`)
    await page.getByRole('heading', { name: sentence }).waitFor()
    const metrics = table(page, 'Two versions on the same rows')
    await until(() => metrics.locator('tbody').getByRole('row').count(), result.metrics.length)
    await page.getByLabel('Rows of').selectOption({ index: 1 })
    await page.getByRole('button', { name: 'Compare', exact: true }).click()
    await page.waitForURL(/on=snap_/)
    await page.getByText(/may have learnt from these rows/).waitFor()
    await until(() => axeViolations(page), [])
    await page.goBack()
    await page.getByRole('heading', { name: sentence }).waitFor()
    expect(problems, [])
    await close()
  })
}

/** Both pages in both languages and themes and in three widths, with all that they show open. */
async function lookEverywhere({ browser, base, test, expect, versions }) {
  for (const [language, theme, width] of [
    ['fr', 'light', 1440],
    ['fr', 'dark', 640],
    ['en', 'dark', 390],
  ]) {
    await test(`journey: explanation and comparison ${language} ${theme} ${width}`, async () => {
      const { page, problems, go, close } = await openWindow(browser, { base, width, theme, language })
      const check = () =>
        until(async () => [...(await frameProblems(page, language)), ...(await axeViolations(page))], [])
      await go(tabOf(versions.linear, 'explain'))
      await page.locator('#explain-view').waitFor()
      await page.locator('.explain-more > summary').click()
      for (const summary of await page.locator('.report-table > summary').all()) await summary.click()
      await check()
      await go(`${tabOf(versions.neighbours, 'compare')}&other=${versions.linear}`)
      await page.locator('#comparison-title').waitFor()
      await check()
      expect(problems, [])
      await close()
    })
  }
}

async function decideOtherwise({ browser, base, test, expect, things }) {
  await test('journey: train with calibration and a threshold by cost, and see what they changed', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const form = `/p/${things.data.project}/train`
    await go(`${form}?dataset=${dataset}&target=ends&estimator=gaussian_nb`)
    await page.getByLabel('Calibration', { exact: true }).selectOption('isotonic')
    await page.getByLabel('Threshold between the two classes').selectOption('cost')
    await page.getByLabel('Cost of a false alarm').fill('0')
    await page.getByLabel('Cost of a missed case').fill('0')
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByText('More than 0').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), 'train-falsePositive')
    await page.getByLabel('Cost of a false alarm').fill('1')
    await page.getByLabel('Cost of a missed case').fill('4,5')
    const code = page.getByRole('region', { name: 'The same as code' })
    await code.getByText("threshold: { goal: 'cost', falsePositive: 1, falseNegative: 4.5 }").waitFor()
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.waitForURL(/\/train\/[0-9a-f]{32}$/)
    await page.getByRole('heading', { name: 'Calibration and threshold' }).waitFor()
    const { params, metrics } = await ask(base, 'GET', `/runs/${page.url().split('/').at(-1)}`)
    expect([params.calibration, params.threshold], ['isotonic', 'cost:1:4.5'])
    const threshold = metrics.threshold.value.toFixed(3)
    await page.getByText(`from a probability of ${threshold} on`, { exact: false }).waitFor()
    const rows = table(page, 'Calibration and threshold').locator('tbody').getByRole('row')
    await until(() => rows.count(), 3)
    await until(() => axeViolations(page), [])
    await page.getByRole('link', { name: 'Change and train again' }).click()
    await page.getByLabel('Cost of a missed case').waitFor()
    await until(() => page.getByLabel('Calibration', { exact: true }).inputValue(), 'isotonic')
    await until(() => page.getByLabel('Cost of a missed case').inputValue(), '4.5')
    expect(problems, [])
    await close()
  })
}
