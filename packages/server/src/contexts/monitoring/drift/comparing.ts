/** All that compares two tables: much to load, which the work on files does while its engine starts. */
export { assertMethods, compareSides } from './compare-sides.js'
export { tableSide } from './side.js'
