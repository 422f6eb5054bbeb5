import { describe, expect, it } from 'vitest'
import { matchesModel } from './match-model.js'

const model = {
  name: 'Iris',
  description: 'Tells flowers apart',
  aliases: { champion: '3' },
  tags: { team: 'Vision lab', 'data:kind': 'tables' },
}

describe('matchesModel', () => {
  it.each([
    ['', true],
    ['iris', true],
    ['flowers IRIS', true],
    ['@champ', true],
    ['@challenger', false],
    ['team:vision', true],
    ['team=lab', true],
    ['team:sound', false],
    ['team', true],
    ['owner:vision', false],
    ['iris @nobody', false],
  ])('%s: %s', (filter, result) => {
    expect(matchesModel(model, filter)).toBe(result)
  })
})
