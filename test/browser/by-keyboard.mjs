// What people do who have no mouse.

/** Presses Tab until the element has the focus. It may still be on its way into the page. */
export async function tabTo(page, target) {
  for (let presses = 0; presses < 150; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${target}`)
}

/** Goes down a list that has the focus until its choice reads so. Letters would have to come faster than a second apart. */
export async function chooseByKey(page, list, text) {
  const chosen = () => list.evaluate(({ selectedOptions: [option] }) => option?.textContent?.trim() ?? '')
  if ((await chosen()).startsWith(text)) return
  const count = await list.locator('option').count()
  await page.keyboard.press('Home')
  for (let step = 0; step <= count; step += 1) {
    if ((await chosen()).startsWith(text)) return
    await page.keyboard.press('ArrowDown')
  }
  throw new Error(`${text} cannot be reached with the arrow keys`)
}
