// Logging in and out. To be run last: from here on the server has users, and every other page asks for a login.
import { openWindow, settled, until } from './browser.mjs'
import { axeViolations, frameProblems } from './page-checks.mjs'

const password = 'a stone under seven maples'

export async function accountJourneys({ browser, base, test, expect }) {
  await test('account: the login of a server without users says that there is nothing to do', async () => {
    const window = await openWindow(browser, { base })
    await window.go('/login')
    expect(
      await window.page
        .locator('main')
        .innerText()
        .then((text) => text.includes('Nobody needs to log in here')),
      true,
    )
    expect(window.problems, [])
    await window.close()
  })

  const make = async (name, role, headers = {}) => {
    const body = JSON.stringify({ name, role, password })
    const reply = await fetch(`${base}/api/v1/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    if (!reply.ok) throw new Error(await reply.text())
  }
  await make('anna', 'admin')
  await make('vera', 'viewer', { authorization: `Basic ${btoa(`anna:${password}`)}` })

  for (const [language, theme, width] of [
    ['en', 'light', 1440],
    ['fr', 'dark', 640],
  ]) {
    await test(`account: the login, ${language} ${theme} ${width}`, async () => {
      const window = await openWindow(browser, { base, language, theme, width })
      await window.go('/login')
      await until(
        async () => [...(await frameProblems(window.page, language)), ...(await axeViolations(window.page))],
        [],
      )
      expect(window.problems, [])
      await window.close()
    })
  }

  await test('account: a page asks for a login and comes back; a wrong password says so; log out', async () => {
    const window = await openWindow(browser, { base })
    const { page } = window
    window.expectStatus(401)
    await page.goto(`${base}/models?filter=x`)
    await page.waitForURL(/\/login\?next=/)
    await settled(page)
    // By the keyboard alone: the first field has the focus.
    await page.keyboard.type('anna')
    await page.keyboard.press('Tab')
    await page.keyboard.type('not it')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Incorrect username or password').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/models?filter=x`)
    await settled(page)
    const account = page.getByRole('button', { name: 'Account: anna' })
    await account.focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('menuitemradio', { name: 'Log out (admin)' }).press('Enter')
    await page.waitForURL(`${base}/login`)
    await page.goto(`${base}/models`)
    await page.waitForURL(/\/login\?next=/)
    expect(window.problems, [])
    await window.close()
  })

  await test('account: a viewer sees the pages, and a change is refused in words', async () => {
    const window = await openWindow(browser, { base })
    const { page } = window
    window.expectStatus(401)
    await page.goto(`${base}/`)
    await page.waitForURL(/\/login\?next=/)
    await page.getByLabel('Username').fill('vera')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Account: vera' }).waitFor()
    await window.go('/models')
    expect(window.problems, [])
    const refused = await page.evaluate(async () => {
      const reply = await fetch('/api/v1/projects/none/trainings', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      return [reply.status, (await reply.json()).code]
    })
    expect(refused, [403, 'permission_denied'])
    await window.close()
  })

  await test('account: the Authorize of Swagger gets a token, and calls go with it', async () => {
    const window = await openWindow(browser, { base })
    const { page } = window
    await page.goto(`${base}/docs/`)
    await page.getByRole('button', { name: 'Authorize', exact: true }).first().click()
    const container = page.locator('.auth-container', { hasText: 'OAuth2PasswordBearer' })
    await container.locator('#oauth_username').fill('anna')
    await container.locator('#oauth_password').fill(password)
    await container.getByRole('button', { name: /^Apply|^Authorize/ }).click()
    await container.getByText('Authorized', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Close' }).last().click()
    const token = page.waitForRequest(
      (request) => request.url() === `${base}/api/v1/users` && request.method() === 'GET',
    )
    await page.locator('#operations-users-get_api_v1_users button.opblock-summary-control').click()
    await page.locator('#operations-users-get_api_v1_users').getByRole('button', { name: 'Execute' }).click()
    const sent = await token
    expect(sent.headers().authorization?.startsWith('Bearer eyJ'), true)
    expect((await sent.response())?.status(), 200)
    await window.close()
  })
}
