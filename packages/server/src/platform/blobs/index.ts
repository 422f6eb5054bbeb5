export * from './blob-store.js'
export * from './folder-blob-store.js'
