import { expect, test } from 'vitest'
import { checkPassword } from './check-password.js'

const isRefused = (password: string, name = 'anna') => {
  try {
    checkPassword(password, name)
    return false
  } catch (error) {
    return (error as { code: string }).code === 'password_refused'
  }
}

test.each([
  'a stone under seven maples',
  'correct horse battery staple cart',
  'größe und ähre über öl',
  '𓀀 des hiéroglyphes, 26',
  `${'x'.repeat(200)}abcdefgh 1 wide river`,
])('takes %s', (password) => {
  expect(isRefused(password)).toBe(false)
})

test.each([
  ['fourteen chars', 'fewer than fifteen characters'],
  ['😀'.repeat(14), 'fewer than fifteen characters as people count'],
  [`${'long '.repeat(60)}`, 'more than 256 characters'],
  ['aaaaaaaaaaaaaaaaaaaa', 'one character'],
  ['ababababababababab', 'two characters'],
  ['123456789012345678', 'a sequence'],
  ['abcdefghijklmnopqrs', 'a sequence'],
  ['zyxwvutsrqponmlkji', 'a sequence backwards'],
  ['password1234567890', 'a common word with digits'],
  ['P-a-s-s-w-o-r-d-2026', 'a common word with signs'],
  ['motdepasse motdepasse', 'a common word twice'],
  ['azertyuiop1234567', 'a row of keys'],
  ['anna-2026-11-22-anna', 'the name of the user'],
])('refuses %s: %s', (password) => {
  expect(isRefused(password)).toBe(true)
})
