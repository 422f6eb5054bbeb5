/** Pictures: reading files of them, within bounds. */
export * from './open-image.js'
