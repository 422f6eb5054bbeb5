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

  const logIn = async (name, secret = password, view = {}) => {
    const window = await openWindow(browser, { base, ...view })
    window.expectStatus(401)
    await window.go('/login')
    await window.page.getByRole('textbox').first().fill(name)
    await window.page.locator('input[type=password]').fill(secret)
    await window.page.keyboard.press('Enter')
    await window.page.waitForURL(`${base}/`)
    return window
  }

  for (const [language, theme, width] of [
    ['en', 'dark', 1440],
    ['fr', 'light', 640],
  ]) {
    await test(`account: users, keys and account, ${language} ${theme} ${width}`, async () => {
      const window = await logIn('anna', password, { language, theme, width })
      for (const path of ['/settings/users', '/settings/keys', '/settings/keys?all=1', '/settings/account']) {
        await window.go(path)
        await until(
          async () => [...(await frameProblems(window.page, language)), ...(await axeViolations(window.page))],
          [],
        )
      }
      await window.go('/settings/users')
      for (const button of [/^(Add a user|Ajouter)/, /^(Change|Modifier) vera/]) {
        await window.page.getByRole('button', { name: button }).click()
        await window.page.getByRole('dialog').waitFor()
        await until(() => axeViolations(window.page), [])
        await window.page.keyboard.press('Escape')
        await window.page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      expect(window.problems, [])
      await window.close()
    })
  }

  await test('account: an admin adds a user, who chooses a password by the link; it works once', async () => {
    const window = await logIn('anna')
    const { page } = window
    await window.go('/settings/users')
    await page.getByRole('button', { name: 'Add a user' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('ben')
    await dialog.getByLabel('Role').selectOption('editor')
    await dialog.getByRole('button', { name: 'Add a user' }).click()
    const link = await dialog.locator('pre').innerText()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row', { name: /ben.*editor.*No password yet/ }).waitFor()

    const other = await openWindow(browser, { base })
    await other.page.goto(link)
    await other.page.getByLabel('Password', { exact: true }).fill('four words nobody guesses')
    await other.page.getByLabel('Password again').fill('four words nobody guesses')
    await other.page.keyboard.press('Enter')
    await other.page.getByRole('button', { name: 'Account: ben' }).waitFor()
    // An editor has keys and an account, and sees no users.
    await other.go('/settings/keys')
    expect(await other.page.getByRole('link', { name: 'Users', exact: true }).count(), 0)
    other.expectStatus(403)
    await other.page.goto(link)
    await other.page.reload()
    await other.page.getByLabel('Password', { exact: true }).fill('four words nobody guesses')
    await other.page.getByLabel('Password again').fill('four words nobody guesses')
    await other.page.keyboard.press('Enter')
    await other.page.getByRole('alert').getByText('The link is used already').waitFor()
    expect(other.problems, [])
    await other.close()

    await page.getByRole('row', { name: /ben.*editor.*Active/ }).waitFor()
    await page.getByRole('button', { name: 'Change ben' }).click()
    await dialog.getByLabel('Role').selectOption('viewer')
    await dialog.getByLabel('All models').uncheck()
    await dialog.getByLabel('May log in').uncheck()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: /ben.*viewer.*None.*Switched off/ }).waitFor()
    await page.getByRole('button', { name: 'Remove ben' }).click()
    expect(await dialog.getByRole('button', { name: 'Remove' }).isEnabled(), false)
    await dialog.getByRole('textbox').fill('ben')
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: /ben/ }).waitFor({ state: 'detached' })
    expect(window.problems, [])
    await window.close()
  })

  await test('account: a key is shown once, copied, replaced and revoked', async () => {
    const window = await logIn('vera')
    const { page } = window
    await window.go('/settings/keys')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('nightly job')
    await dialog.getByLabel('All that I may do').uncheck()
    await dialog.getByLabel('predictions.make').check()
    await dialog.getByLabel('account.read').check()
    await dialog.getByRole('button', { name: 'Make a key' }).click()
    const key = (await dialog.locator('pre').first().innerText()).trim()
    await dialog.getByRole('button', { name: 'Copy API keys' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText()), key)
    await dialog.getByRole('button', { name: 'Done' }).click()
    const status = async (given) =>
      (await fetch(`${base}/api/v1/keys`, { headers: { authorization: `Bearer ${given}` } })).status
    expect(await status(key), 200)
    await page.getByRole('row', { name: /nightly job.*predictions\.make/ }).waitFor()
    expect((await page.locator('main').innerText()).includes(key.slice(-20)), false)
    await page.getByRole('button', { name: 'Replace nightly job' }).click()
    await dialog.getByLabel('The old one stays valid').selectOption('0')
    await dialog.getByRole('button', { name: 'Replace' }).click()
    const next = (await dialog.locator('pre').first().innerText()).trim()
    await dialog.getByRole('button', { name: 'Done' }).click()
    expect([await status(key), await status(next)], [401, 200])
    await page.getByRole('button', { name: 'Revoke nightly job' }).click()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('row', { name: /nightly job.*Revoked/ }).waitFor()
    expect(await status(next), 401)
    expect(window.problems, [])
    await window.close()
  })

  await test('account: the own password is changed, and the other browser is logged out', async () => {
    const [window, other] = [await logIn('vera'), await logIn('vera')]
    const { page } = window
    await window.go('/settings/account')
    const changed = `${password} again`
    await page.getByLabel('Present password').fill('not it')
    await page.getByLabel('New password', { exact: true }).fill(changed)
    await page.getByLabel('New password again').fill(changed)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Incorrect username or password').waitFor()
    await page.getByLabel('Present password').fill(password)
    await page.keyboard.press('Enter')
    await page.getByText('The password is changed.').waitFor()
    await until(() => page.getByRole('table', { name: 'Where you are logged in' }).getByRole('row').count(), 2)
    await other.page.goto(`${base}/models`)
    await other.page.waitForURL(/\/login\?next=/)
    await page.getByLabel('Present password').fill(changed)
    await page.getByLabel('New password', { exact: true }).fill(password)
    await page.getByLabel('New password again').fill(password)
    await page.keyboard.press('Enter')
    await page.getByText('The password is changed.').waitFor()
    await other.close()
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
