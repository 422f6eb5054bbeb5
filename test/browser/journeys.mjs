// What people come to do, found as they find it: by role and by label.
import { openWindow, settled, until } from './browser.mjs'
import { tabTo } from './by-keyboard.mjs'
import { dataJourneys } from './data-journeys.mjs'
import { explainJourneys } from './explain-journeys.mjs'
import { featureJourneys } from './feature-journeys.mjs'
import { flowJourneys } from './flow-journeys.mjs'
import { monitoringJourneys } from './monitoring-journeys.mjs'
import { axeViolations } from './page-checks.mjs'
import { predictJourneys } from './predict-journeys.mjs'
import { registryJourneys } from './registry-journeys.mjs'
import { reportJourneys } from './report-journeys.mjs'
import { rolloutJourneys } from './rollout-journeys.mjs'
import { runJourneys } from './run-journeys.mjs'
import { trainingJourneys } from './training-journeys.mjs'

/** Two rows of them at once: what trains and computes for long, and what people do with what is there. */
export async function journeys(context) {
  const rows = [
    [dataJourneys, trainingJourneys, reportJourneys, predictJourneys, rolloutJourneys, explainJourneys, flowJourneys],
    [
      watchTheLoop,
      readARun,
      predictByMouse,
      predictByKeyboard,
      refuseBadInput,
      moveAnAlias,
      palette,
      runJourneys,
      registryJourneys,
      featureJourneys,
      monitoringJourneys,
    ],
  ]
  const ends = await Promise.allSettled(
    rows.map(async (row) => {
      for (const journey of row) await journey(context)
    }),
  )
  for (const { status, reason } of ends) if (status === 'rejected') throw reason
}

async function watchTheLoop({ browser, base, test, expect, things }) {
  await test('journey: run the loop with a reason and watch it finish without a reload', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    const loop = page.getByRole('region', { name: new RegExp(`Loop of model ${things.model}`) })
    await loop.getByRole('button', { name: 'Run the loop with a reason' }).click()
    await page.getByLabel('Reason (optional)').fill('Browser test')
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await loop.getByText('Browser test').waitFor()
    await loop.getByText(/Last run: (succeeded|failed)/).waitFor()
    await until(() => loop.getByRole('listitem').filter({ hasText: 'Done' }).count(), 6)
    await page
      .getByRole('link', { name: new RegExp(`Loop of ${things.model} succeeded`) })
      .first()
      .waitFor()
    expect(problems, [])
    await close()
  })
}

async function readARun({ browser, base, test, expect, things }) {
  await test('journey: from the loop to the run, its artifacts and a preview', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    await page.getByRole('link', { name: 'Run', exact: true }).first().click()
    await page.getByRole('navigation', { name: 'Parts of the run' }).getByRole('link', { name: 'Artifacts' }).click()
    const tree = page.getByRole('navigation', { name: 'Artifacts' })
    await tree.getByRole('link', { name: /MLmodel/ }).click()
    await page.getByRole('region', { name: 'Preview of MLmodel' }).getByText('flavors').waitFor()
    const json = things.artifacts.find((path) => path.endsWith('.json'))
    await tree
      .getByRole('link', { name: new RegExp(json.split('/').at(-1)) })
      .first()
      .click()
    await page.getByRole('region', { name: /^Preview of/ }).waitFor()
    await page.getByRole('link', { name: 'Download' }).waitFor()
    await page.goBack()
    await page.getByRole('region', { name: 'Preview of MLmodel' }).waitFor()
    const address = page.url()
    await page.goto(address)
    await page.getByRole('region', { name: 'Preview of MLmodel' }).getByText('flavors').waitFor()
    expect(problems, [])
    await close()
  })
}

async function predictByMouse({ browser, base, test, expect, things }) {
  await test('journey: try a prediction by mouse, and its link carries the values', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/endpoints/${things.model}/try`)
    await page.getByRole('button', { name: 'Fill in the example' }).click()
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.getByRole('status').filter({ hasText: 'Prediction:' }).waitFor()
    await page.waitForURL(/input=/)
    const [first] = things.signature.features
    const value = await page.getByLabel(first.name).inputValue()
    await page.goto(page.url())
    await settled(page)
    await until(() => page.getByLabel(first.name).inputValue(), value)
    await page.getByRole('button', { name: 'Use these values again' }).first().waitFor()
    expect(problems, [])
    await close()
  })
}

async function predictByKeyboard({ browser, base, test, expect, things }) {
  await test('journey: try a prediction by keyboard alone, in French, with a decimal comma', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr' })
    await go(`/endpoints/${things.model}/try`)
    const [first] = things.signature.features
    await tabTo(page, page.getByLabel(first.name))
    for (const feature of things.signature.features) {
      await page.keyboard.type(String(things.signature.example[feature.name]).replace('.', ','))
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Prédiction' }).waitFor()
    expect(problems, [])
    await close()
  })
  await test('journey: the skip link leads to the content', async () => {
    const { page, go, close } = await openWindow(browser, { base })
    await go('/models')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await until(() => page.evaluate(() => document.activeElement?.id), 'content')
    await close()
  })
}

async function refuseBadInput({ browser, base, test, things }) {
  await test('journey: what is wrong stands beside its field, and the first such field has the focus', async () => {
    const { page, go, close } = await openWindow(browser, { base })
    await go(`/endpoints/${things.model}/try`)
    const [first] = things.signature.features
    await page.getByLabel(first.name).fill('wide')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.getByText('Enter a number').waitFor()
    await until(() => page.evaluate(() => document.activeElement?.id), `feature-${first.name}`)
    await page.getByLabel(first.name).fill('999')
    await page.getByText(/Outside what training saw/).waitFor()
    await until(() => axeViolations(page), [])
    await close()
  })
  await test('journey: the server refuses, and says why with a code and a request id', async () => {
    const { page, expectStatus, go, close } = await openWindow(browser, { base })
    for (const status of [400, 422]) expectStatus(status)
    await go(`/endpoints/${things.model}/try?tab=json`)
    await page.getByLabel('Body of the request').fill('{"features": [{"nothing": 1}]}')
    await page.getByRole('button', { name: 'Predict' }).click()
    const alert = page.getByRole('alert')
    await alert.waitFor()
    await until(async () => /Code \w+/.test(await alert.textContent()), true)
    await close()
  })
}

async function moveAnAlias({ browser, base, test, expect, things }) {
  await test('journey: move an alias with a reason, and read it in the history', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`/models/${things.model}`)
    await page.getByRole('button', { name: 'Move an alias' }).click()
    const dialog = page.getByRole('dialog')
    await dialog
      .getByRole('textbox', { name: 'Alias' })
      .or(dialog.getByRole('combobox', { name: 'Alias' }))
      .first()
      .fill('browser-test')
    await dialog.getByLabel('To version').selectOption(things.version)
    await dialog.getByLabel('Reason').fill('Tried in a browser')
    await dialog.getByText('What changes').first().waitFor()
    await until(() => axeViolations(page), [])
    await dialog.getByRole('button', { name: `Move browser-test to version ${things.version}` }).click()
    await page.getByText(`browser-test now points to version ${things.version}`).waitFor()
    await page.getByText('Tried in a browser').first().waitFor()
    expect(problems, [])
    await close()
  })
}

async function palette({ browser, base, test, expect, things }) {
  await test('journey: the palette goes to a model and switches the theme', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go('/')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to or do' }).fill(`model ${things.model}`)
    await page
      .getByRole('option', { name: new RegExp(`${things.model}.*Model`) })
      .first()
      .waitFor()
    await until(() => axeViolations(page), [])
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`/(models|endpoints)/${things.model}`))
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to or do' }).fill('theme dark')
    await page.getByRole('option', { name: /Dark/ }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'dark')
    expect(problems, [])
    await close()
  })
}
