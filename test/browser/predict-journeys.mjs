// What people ask of models that predict numbers, take moments and miss values.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations } from './page-checks.mjs'
import { picture } from './picture.mjs'
import { ask, ended } from './seed-data.mjs'
import { imageModel } from './seed-images.mjs'

const model = 'hours of meters'
const address = `/endpoints/${encodeURIComponent(model)}/try`
const servedTimeoutMs = 120_000

export async function predictJourneys(context) {
  await withServedRegression(context, async () => {
    await predictANumber(context)
    await predictWithGaps(context)
    await predictInFrench(context)
    await predictAFile(context)
    await flagAnAnswer(context)
  })
  await predictAnImage(context)
  await dropAnImageInFrench(context)
}

/** Trains a regression of hours on what the meters told, and serves it while `during` runs. */
async function withServedRegression({ base, test, things }, during) {
  await test('journey: a regression is trained over the API, and served', async () => {
    const { job } = await ask(base, 'POST', `/projects/${things.data.project}/trainings`, {
      snapshot: 'readings@latest',
      target: 'hours',
      features: ['energy', 'day', 'region'],
      estimator: { kind: 'hist_gradient_boosting_regressor' },
      register: model,
      promote: 'always',
    })
    await ended(base, job)
    const deadline = Date.now() + servedTimeoutMs
    const isServed = async () => (await ask(base, 'GET', '/endpoints')).items.some((each) => each.model === model)
    while (!(await isServed())) {
      if (Date.now() > deadline) throw new Error(`${model} is not served`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })
  await during()
  await test('journey: the regression is not served any more', async () => {
    await ask(base, 'DELETE', `/models/${encodeURIComponent(model)}/aliases/champion`, { reason: 'Browser test' })
  })
}

const numberShown = /^Prediction: -?\d+(\.\d+)?\u00a0h$/

async function predictANumber({ browser, base, test, expect }) {
  await test('journey: a regression answers with a number in its unit, and no probabilities', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(address)
    await page.getByRole('button', { name: 'Fill in the example' }).click()
    const moment = await page.getByLabel('day (UTC)').inputValue()
    expect(/^2026-\d\d-\d\dT00:00/.test(moment), true)
    await page.getByRole('button', { name: 'Predict' }).click()
    const answer = page.getByRole('status').filter({ hasText: 'Prediction:' })
    await answer.waitFor()
    await until(async () => numberShown.test((await answer.locator('.visually-hidden').textContent()) ?? ''), true)
    await until(() => page.getByRole('heading', { name: 'Probabilities' }).count(), 0)
    await until(() => axeViolations(page), [])
    await page.waitForURL(/input=/)
    await page.goto(page.url())
    await settled(page)
    await until(() => page.getByLabel('day (UTC)').inputValue(), moment)
    expect(problems, [])
    await close()
  })
}

async function predictWithGaps({ browser, base, test, expect }) {
  await test('journey: fields of what may be missing stay empty; what training did not see is warned of', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(address)
    await page.getByLabel('day (UTC)').fill('2031-05-06T07:08')
    await page.getByText(/Outside what training saw/).waitFor()
    await page.getByLabel('region').selectOption({ label: 'north' })
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.getByRole('status').filter({ hasText: 'Prediction:' }).waitFor()
    await page.getByText('{"energy":null,"day":"2031-05-06T07:08:00.000Z","region":"north"}').waitFor()
    await go(`${address}?input=${encodeURIComponent('{"region":"moon"}')}`)
    await page.getByText(/Not seen in training/).waitFor()
    await until(() => page.getByLabel('region').inputValue(), 'moon')
    expect(problems, [])
    await close()
  })
}

async function predictInFrench({ browser, base, test, expect }) {
  await test('journey: several rows as JSON, the numbers in French', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr', width: 640 })
    await go(`${address}?tab=json`)
    const rows = [{ day: '2026-01-05', region: 'south', energy: 20.5 }, { day: 1_767_571_200_000 }]
    await page.getByLabel('Corps de la requête').fill(JSON.stringify({ features: rows }))
    await page.getByRole('button', { name: 'Prédire' }).click()
    const table = page.getByRole('table', { name: 'Résultat' })
    await table.waitFor()
    const cells = await table.getByRole('cell').allTextContents()
    expect(cells.filter((cell) => /^-?\d+(,\d+)?\u00a0h$/.test(cell)).length, 2)
    await until(() => axeViolations(page), [])
    expect(problems, [])
    await close()
  })
}

async function predictAFile({ browser, base, test, expect }) {
  await test('journey: all rows of a CSV file, and the file with the answers; what it lacks is told', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base })
    await go(`${address}?tab=csv`)
    const file = (text) => ({ name: 'meters.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    const predict = page.getByRole('button', { name: 'Predict all rows' })
    await until(() => predict.isDisabled(), true)
    await page.getByLabel('CSV file').setInputFiles(file('meter,power\n007,20.5\n'))
    await page.getByText(/It has no column .*day/).waitFor()
    const rows = ['meter,day,region,energy', '007,2026-01-05T00:00:00Z,south,20.5', '008,2026-01-06T00:00:00Z,north,']
    await page.getByLabel('CSV file').setInputFiles(file(`${rows.join('\n')}\n`))
    await page.getByText('2 rows', { exact: true }).waitFor()
    await predict.click()
    await page.getByRole('table', { name: 'Result' }).waitFor()
    await until(() => axeViolations(page), [])
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download with predictions' }).click(),
    ])
    expect(download.suggestedFilename(), 'meters-predictions.csv')
    const chunks = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk)
    const [header, ...lines] = Buffer.concat(chunks).toString().replace('\uFEFF', '').trim().split('\r\n')
    expect(header, 'meter,day,region,energy,prediction')
    expect(
      lines.map((line) => line.slice(0, 4)),
      ['007,', '008,'],
    )
    // Another file with as many rows has no answers yet.
    await page.getByLabel('CSV file').setInputFiles({ ...file(`${rows.join('\n')}\n`), name: 'others.csv' })
    await page.getByText(/others\.csv/).waitFor()
    await page.getByText('2 rows', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Download with predictions' }).count(), 0)
    expect(problems, [])
    await close()
  })
}

async function flagAnAnswer({ browser, base, test, expect }) {
  await test('journey: a wrong answer is flagged, with what was right', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, theme: 'dark' })
    await go(address)
    await page.getByRole('button', { name: 'Fill in the example' }).click()
    await page.getByRole('button', { name: 'Predict', exact: true }).click()
    await page.getByRole('button', { name: 'Flag this answer as wrong' }).click()
    await page.getByLabel('Right value of hours').fill('many')
    await page.getByRole('button', { name: 'Flag', exact: true }).click()
    await page.getByText('Enter a number').waitFor()
    await page.getByLabel('Right value of hours').fill('12.5')
    await until(() => axeViolations(page), [])
    await page.getByRole('button', { name: 'Flag', exact: true }).click()
    await page.getByText(/Flagged as wrong/).waitFor()
    const truths = async () =>
      (await ask(base, 'GET', `/predictions?model=${encodeURIComponent(model)}&feedback=given`)).items.map(
        ({ feedback }) => [feedback.truth, feedback.reward],
      )
    await until(truths, [[12.5, 0]])
    await go(`/endpoints/${encodeURIComponent(model)}?tab=predictions`)
    await page.getByText('right: 12.5').waitFor()
    expect(problems, [])
    await close()
  })
}

const imageAddress = `/endpoints/${encodeURIComponent(imageModel)}/try`

async function predictAnImage({ browser, base, test, expect }) {
  await test('journey: an image is chosen by keyboard, seen, sent and answered; what is none is refused', async () => {
    const { page, problems, expectStatus, go, close } = await openWindow(browser, { base })
    await go(imageAddress)
    const field = page.getByLabel(/^Choose (an image|another)/)
    await field.waitFor()
    await page.getByRole('button', { name: 'Predict', exact: true }).press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Choose an image' }).waitFor()
    expect(await field.evaluate((input) => document.activeElement === input), true)
    await until(() => axeViolations(page), [])
    await page.getByText(/drawn to 8 × 8 pixels/).waitFor()
    await page.getByText(/up to 67\.1\sMB and 50 million pixels/).waitFor()
    await field.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('a text') })
    await page.getByRole('alert').filter({ hasText: 'This file is no image' }).waitFor()
    const red = {
      name: 'red roof.png',
      mimeType: 'image/png',
      buffer: picture({ width: 90, height: 60, color: [200, 30, 20] }),
    }
    await field.setInputFiles(red)
    await page.getByRole('img', { name: 'The chosen image, red roof.png' }).waitFor()
    await page.getByText(/90 × 60/).waitFor()
    await until(() => page.getByRole('alert').count(), 0)
    await page.getByRole('button', { name: 'Predict', exact: true }).press('Enter')
    const answer = page.getByRole('status').filter({ hasText: 'Prediction: red' })
    await answer.waitFor()
    await until(() => axeViolations(page), [])
    await page.getByText('[{"image":"red roof.png"}]').waitFor()
    expect(new URL(page.url()).search, '')
    // The code sends the same file.
    await page.getByRole('link', { name: 'Code' }).click()
    await page.getByText(`-F 'image=@"red roof.png"'`).waitFor()
    await page.getByText('await openAsBlob("red roof.png")').waitFor()
    await page.getByRole('link', { name: 'Form' }).click()
    await page.getByRole('button', { name: 'Remove the image of image' }).click()
    // What only says that it is an image is refused by the server.
    expectStatus(400)
    await field.setInputFiles({ ...red, name: 'no image.png', buffer: Buffer.from('a text') })
    await page.getByText('This browser does not show this format').waitFor()
    await page.getByRole('button', { name: 'Predict', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'Image image of row 0 cannot be taken' }).first().waitFor()
    expect(problems, [])
    await close()
  })
}

async function dropAnImageInFrench({ browser, base, test, expect }) {
  await test('journey: an image is dropped, in French on a narrow screen', async () => {
    const { page, problems, go, close } = await openWindow(browser, { base, language: 'fr', width: 640, theme: 'dark' })
    await go(imageAddress)
    const drop = async (files) => {
      const transfer = await page.evaluateHandle((given) => {
        const held = new DataTransfer()
        for (const [name, bytes] of given)
          held.items.add(new File([Uint8Array.from(bytes)], name, { type: 'image/png' }))
        return held
      }, files)
      await page.getByText('Déposez une image ici').dispatchEvent('drop', { dataTransfer: transfer })
    }
    const blue = [...picture({ color: [20, 30, 200] })]
    await drop([
      ['a.png', blue],
      ['b.png', blue],
    ])
    await page.getByText('Déposez une seule image à la fois').waitFor()
    await drop([['mer.png', blue]])
    await page.getByRole('img', { name: 'L’image choisie, mer.png' }).waitFor()
    await page.getByRole('button', { name: 'Prédire' }).click()
    await page.getByRole('status').filter({ hasText: 'blue' }).waitFor()
    await until(() => axeViolations(page), [])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true)
    expect(problems, [])
    await close()
  })
}
