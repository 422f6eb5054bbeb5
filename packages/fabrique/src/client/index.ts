export { type ApiClient, type ApiClientOptions, apiClient } from './api-client.js'
export * from './explanation-client.js'
export * from './feature-client.js'
export * from './flow-client.js'
