// What people do with features: find a view, bring it online, compare it with the data, and look at one key at two times.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { ask } from './seed-data.mjs'

export async function featureJourneys(context) {
  await findAView(context)
  await materializeByKeyboard(context)
  await materializeEverything(context)
  await checkConsistency(context)
  await lookUpAtTwoTimes(context)
  await lookUpStates(context)
  await applyWhileLooking(context)
}

const rowsOf = (page, name) => page.getByRole('table', { name, exact: true }).locator('tbody').getByRole('row')
const cells = async (row) => (await row.getByRole('cell').allTextContents()).map((text) => text.trim())
const of = ({ features }) => ({ api: `/projects/${features.project}`, pages: `/p/${features.project}` })

async function findAView({ browser, base, test, expect, things }) {
  await test('journey: find a view by a feature of it, read what it is made of, and follow who uses it', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { api, pages } = of(things)
    const { view, service } = things.features
    await go(`${pages}/datasets`)
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Features', exact: true }).click()
    await rowsOf(page, 'Views').nth(2).waitFor()
    await page.getByLabel('Name, entity, owner or feature').fill('growth HOURS_90D')
    await until(() => rowsOf(page, 'Views').count(), 1)
    await page.waitForURL(/filter=growth/)
    await page.getByRole('link', { name: view, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: view }).waitFor()
    const found = await ask(base, 'GET', `${api}/feature-views/${view}`)
    await until(() => rowsOf(page, 'Features').count(), found.features.length)
    for (const { name } of found.features)
      await rowsOf(page, 'Features').getByText(name, { exact: true }).first().waitFor()
    await page.getByText('sum of hours over 90 d').waitFor()
    await page.getByText('hours / nullif(sessions, 0)').waitFor()
    await page.getByText('code of the project, from hours, sessions').waitFor()
    const users = page.getByRole('region', { name: 'Used by' })
    await users.getByRole('link', { name: /^churn_training / }).waitFor()
    await users.getByRole('link', { name: service, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: service }).waitFor()
    await rowsOf(page, 'Views').getByText('hours, hours_90d, hours_per_session').waitFor()
    await rowsOf(page, 'Views')
      .getByRole('link', { name: `${view}@1` })
      .click()
    await page.getByRole('heading', { level: 1, name: view }).waitFor()
    await page.getByRole('link', { name: 'Lineage', exact: true }).click()
    await page.getByRole('link', { name: 'List', exact: true }).click()
    await rowsOf(page, 'Lineage').getByText('Training set').first().waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

/** Materialisations of a view that have ended, as the API has them. */
const succeeded = async (base, api, view) =>
  (await ask(base, 'GET', `${api}/feature-views/${view}/materializations`)).items.filter(
    ({ state }) => state === 'succeeded',
  )

async function materializeByKeyboard({ browser, base, test, expect, things }) {
  await test('journey: bring a view online by keyboard, and see it arrive without a reload', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { api, pages } = of(things)
    const before = await succeeded(base, api, 'by_device')
    await go(`${pages}/features/by_device?tab=materializations`)
    const button = page.getByRole('button', { name: 'Materialise', exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    await until(async () => (await succeeded(base, api, 'by_device')).length > before.length, true)
    await until(() => rowsOf(page, 'Materialisations').getByText('Done').count(), before.length + 1)
    const { materialized } = await ask(base, 'GET', `${api}/feature-views/by_device`)
    const keys = page.getByText('Keys online', { exact: true }).locator('xpath=following-sibling::dd')
    await until(() => keys.textContent(), String(materialized.keys))
    await page.getByText(/^newest event /).waitFor()
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function materializeEverything({ browser, base, test, expect, things }) {
  await test('journey: materialise everything again, with a reason that stands in the job', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { api, pages } = of(things)
    const { project, view } = things.features
    const before = await succeeded(base, api, view)
    await go(`${pages}/features/${view}?tab=materializations`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Materialise everything again' }).click()
    const dialog = page.getByRole('dialog', { name: 'Materialise everything again' })
    await dialog.getByRole('textbox').fill('A journey wants it')
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: 'Materialise', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await until(async () => (await succeeded(base, api, view)).length > before.length, true)
    const [newest] = await succeeded(base, api, view)
    expect(newest.mode, 'full')
    const { items } = await ask(base, 'GET', `/jobs?subject=${encodeURIComponent(`features/${project}/${view}`)}`)
    expect(items.find(({ id }) => id === newest.job_id).reason, 'A journey wants it')
    await until(async () => (await cells(rowsOf(page, 'Materialisations').first())).slice(1, 3), ['Done', 'everything'])
    expect(problems, [])
    await close()
  })
}

async function checkConsistency({ browser, base, test, expect, things }) {
  await test('journey: check that online and offline agree, and read the statistics', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { api, pages } = of(things)
    const { view } = things.features
    const { items: before } = await ask(base, 'GET', `${api}/feature-views/${view}/checks`)
    await go(`${pages}/features/${view}`)
    await page.getByRole('link', { name: 'Consistency', exact: true }).click()
    await until(() => rowsOf(page, 'Checks').count(), before.length)
    await page.getByRole('button', { name: 'Check consistency' }).click()
    await until(() => rowsOf(page, 'Checks').count(), before.length + 1)
    await rowsOf(page, 'Checks').first().getByText('Online and offline agree').waitFor()
    const [newest] = (await ask(base, 'GET', `${api}/feature-views/${view}/checks`)).items
    expect((await cells(rowsOf(page, 'Checks').first())).slice(3), [newest.keys, newest.values].map(String))
    await page.getByRole('link', { name: 'Statistics', exact: true }).click()
    const [figures] = (await ask(base, 'GET', `${api}/feature-views/${view}/statistics`)).items
    await until(() => rowsOf(page, 'Statistics').count(), figures.features.length)
    await rowsOf(page, 'Statistics').getByRole('link', { name: 'busy', exact: true }).click()
    await page.getByRole('heading', { name: 'busy over time' }).waitFor()
    await page.waitForURL(/feature=busy/)
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

const dayMs = 86_400_000

async function lookUpAtTwoTimes({ browser, base, test, expect, things }) {
  await test('journey: look a key up now and 30 days ago; what differs equals the API, and the link is the view', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { api, pages } = of(things)
    const { view } = things.features
    await go(`${pages}/features/${view}`)
    await page.getByRole('link', { name: 'Look up', exact: true }).click()
    await page.getByRole('textbox', { name: 'user_id' }).fill('1')
    await page.getByRole('button', { name: '30 days ago' }).click()
    await page.getByRole('button', { name: 'Look up', exact: true }).click()
    const rows = rowsOf(page, 'Features of user_id 1')
    await page.getByText('Then: ', { exact: false }).waitFor()
    const at = new URL(page.url()).searchParams.get('at')
    expect(Math.abs(Date.now() - 30 * dayMs - Date.parse(at)) < dayMs, true)
    const question = { features: [view], keys: [{ user_id: 1 }] }
    const now = await ask(base, 'POST', `${api}/features/online`, question)
    const then = await ask(base, 'POST', `${api}/features/at`, { ...question, at })
    expect(then.not_computed, ['busy'])
    expect([now.rows[0].values[2], then.rows[0].values[2]], [14.5, 2])
    await until(() => rows.count(), now.features.length)
    const shown = await Promise.all((await rows.all()).map(cells))
    for (const [place, { name }] of now.features.entries()) {
      const [value, earlier] = [now.rows[0].values[place], then.rows[0].values[place]]
      const isKnown = !then.not_computed.includes(name)
      expect([shown[place][0], shown[place][1]], [name, String(value)])
      expect(shown[place][3], isKnown ? String(earlier) : 'by code')
      const change = value - earlier
      expect(shown[place][5], !isKnown ? '–' : change === 0 ? 'same' : `${change > 0 ? '+' : '−'}${Math.abs(change)}`)
    }
    const differing = now.features.filter(
      ({ name }, place) => name !== 'busy' && now.rows[0].values[place] !== then.rows[0].values[place],
    )
    await page.getByText(`${differing.length} features differ`).waitFor()
    await until(() => axeViolations(page), [])
    await page.reload()
    await settled(page)
    await page.getByText(`${differing.length} features differ`).waitFor()
    expect(await page.getByRole('textbox', { name: 'user_id' }).inputValue(), '1')
    expect(problems, [])
    await close()
  })
}

async function lookUpStates({ browser, base, test, expect, things }) {
  await test('journey: look keys up by keyboard that are too old, without a value, unknown, and wrong', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    const { pages } = of(things)
    const { service } = things.features
    await go(`${pages}/look-up?of=service%3A${service}`)
    const field = page.getByRole('textbox', { name: 'user_id' })
    await field.focus()
    for (const [user, status] of [
      ['2', 'Too old'],
      ['3', 'No value'],
      ['999', 'Not found'],
    ]) {
      await field.fill(user)
      await page.keyboard.press('Enter')
      await rowsOf(page, `Features of user_id ${user}`).first().getByText(status, { exact: true }).waitFor()
      expect(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'key user_id')
    }
    await field.fill('somebody')
    await page.keyboard.press('Enter')
    await page.getByText('A whole number, as 42').waitFor()
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'key user_id')
    expect(new URL(page.url()).searchParams.get('keys'), '{"user_id":999}')
    await until(() => axeViolations(page), [])
    await go(`${pages}/look-up?of=view%3Aby_device`)
    await page.getByRole('textbox', { name: 'user_id' }).fill('1')
    await page.getByRole('button', { name: 'Look up', exact: true }).click()
    await page.getByText('Needed', { exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'device' }).fill('phone')
    await page.keyboard.press('Enter')
    await rowsOf(page, 'Features of user_id 1, device phone').getByText('phone 2', { exact: true }).waitFor()
    expect(problems, [])
    await close()
  })
}

/** All that is applied, as declarations. */
async function declared(base, api) {
  const list = async (kind) => (await ask(base, 'GET', `${api}/${kind}`)).items.map(({ definition }) => definition)
  return {
    entities: await list('entities'),
    feature_views: await list('feature-views'),
    feature_services: await list('feature-services'),
  }
}

async function applyWhileLooking({ browser, base, test, expect, things }) {
  await test('journey: a view that is applied over the API appears; not online yet, the data still answer; it gets a second version', async () => {
    const { page, problems, expectStatus, go, close } = await openWindow(browser, { base })
    expectStatus(409)
    const { api, pages } = of(things)
    const before = await declared(base, api)
    const view = {
      name: 'journey',
      entities: ['user'],
      source: { kind: 'dataset', dataset: 'usage' },
      time: 'day',
      features: [{ name: 'hours' }],
      on_snapshot: false,
    }
    const apply = (feature_views) =>
      ask(base, 'POST', `${api}/features/apply`, { declarations: { ...before, feature_views } })
    try {
      await go(`${pages}/features`)
      await until(() => rowsOf(page, 'Views').count(), before.feature_views.length)
      await apply([...before.feature_views, view])
      await page.getByRole('link', { name: 'journey', exact: true }).waitFor()
      const row = rowsOf(page, 'Views').filter({ has: page.getByRole('link', { name: 'journey', exact: true }) })
      await row.getByText('Not materialised yet').waitFor()
      const keys = encodeURIComponent('{"user_id":1}')
      const at = encodeURIComponent(new Date(Date.now() - 30 * dayMs).toISOString())
      await go(`${pages}/look-up?of=view%3Ajourney&keys=${keys}&at=${at}`)
      await page.getByRole('alert').getByText('feature_view_not_materialized').waitFor()
      await until(async () => (await cells(rowsOf(page, 'Features of user_id 1').first())).slice(0, 2), ['hours', '2'])
      await apply([...before.feature_views, { ...view, ttl_seconds: 86_400 }])
      await go(`${pages}/features/journey`)
      await page.getByLabel('Version', { exact: true }).selectOption('1')
      await page.getByText('This is version 1, not the newest.').waitFor()
      await page.waitForURL(/version=1/)
      await page.getByText('none: values never grow too old').waitFor()
      await page.getByRole('link', { name: 'Show the newest' }).click()
      await page.getByText('1 d', { exact: true }).waitFor()
      await until(() => axeViolations(page), [])
      expect(problems, [])
    } finally {
      await apply(before.feature_views)
    }
    await close()
  })
}
