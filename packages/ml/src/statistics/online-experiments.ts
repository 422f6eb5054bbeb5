/** Statistics of experiments that go on while they are looked at; loads nothing else of this package. */
export * from './best-arm.js'
export * from './sample-ratio.js'
export * from './sequential-test.js'
