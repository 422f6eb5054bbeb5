/** Files that are fetched over connections that break. */
export * from './download-file.js'
export * from './part-file.js'
