/** Seeded random numbers alone, for programs that would not load all numerics for them. */
export { createRandom, type Random } from './create-random.js'
export { deriveSeed } from './derive-seed.js'
