export * from './api-client.js'
export * from './explanation-client.js'
export * from './feature-client.js'
