import { errorMessage, isFabriqueError } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { sendFeedback } from './predictions.js'

test.each([
  [{}, 'nommez une prédiction', 'name a prediction'],
  [{ model: 'm', key: 'k', since: 'hier' }, 'n’est pas un moment', 'is no moment'],
  [{ model: 'm', key: 'k', since: '2026-01-01', reward: 'bien' }, 'n’est pas un nombre', 'is no number'],
])('what feedback cannot mean is told in the language of the terminal: %o', async (flags, fr, en) => {
  for (const [lang, text] of [
    ['fr', fr],
    ['en', en],
  ] as const) {
    const error: unknown = await sendFeedback(undefined, { ...flags, lang }).catch((thrown: unknown) => thrown)
    expect(isFabriqueError(error) ? errorMessage(error, lang) : error).toContain(text)
  }
})
