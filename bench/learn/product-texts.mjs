// Seeded French product texts of 27 kinds: words that follow Zipf's law, some of them commoner in one kind than in others.
import { createRandom } from '@fabrique/ml'

export const kindCount = 27
const vocabularySize = 40_000
const wordsOfKind = 400
const onsets = [
  'b',
  'c',
  'ch',
  'd',
  'f',
  'g',
  'j',
  'l',
  'm',
  'n',
  'p',
  'pr',
  'r',
  's',
  't',
  'tr',
  'v',
  'qu',
  'bl',
  'gr',
]
const rimes = [
  'a',
  'é',
  'è',
  'i',
  'o',
  'u',
  'ou',
  'on',
  'an',
  'in',
  'eau',
  'eux',
  'ette',
  'age',
  'oir',
  'ier',
  'ille',
  'elle',
]
const fillers = [
  'de',
  'la',
  'le',
  'les',
  'pour',
  'avec',
  'en',
  'et',
  'à',
  'un',
  'une',
  'sans',
  'neuf',
  'lot',
  'couleur',
]

/** @returns texts and their kinds, `rowCount` of each */
export function productTexts({ rowCount, seed }) {
  const random = createRandom(seed)
  const pick = (items) => items[random.intBelow(items.length)]
  const word = () => Array.from({ length: 1 + random.intBelow(3) }, () => pick(onsets) + pick(rimes)).join('')
  const words = Array.from({ length: vocabularySize }, word)
  // Words of a kind come from the whole vocabulary, so kinds share some.
  const byKind = Array.from({ length: kindCount }, () => Array.from({ length: wordsOfKind }, () => pick(words)))
  const zipf = (items) => items[Math.floor(items.length ** random.float()) - 1]
  const texts = []
  const kinds = []
  for (let row = 0; row < rowCount; row++) {
    const kind = Math.floor(kindCount * random.float() ** 1.5)
    const own = byKind[kind]
    const length = 4 + random.intBelow(22)
    const parts = Array.from({ length }, () => {
      const drawn = random.float()
      if (drawn < 0.25) return zipf(own)
      if (drawn < 0.35) return zipf(byKind[random.intBelow(kindCount)])
      return drawn < 0.6 ? pick(fillers) : zipf(words)
    })
    const text = parts.join(' ')
    texts.push(row % 3 === 0 ? text[0].toUpperCase() + text.slice(1) : text)
    kinds.push(`kind ${String(kind).padStart(2, '0')}`)
  }
  return { texts, kinds }
}
