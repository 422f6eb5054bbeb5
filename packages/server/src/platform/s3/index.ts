/** Objects of S3-compatible servers: for sources and remotes. */
export * from './download-object.js'
export * from './open-s3.js'
export * from './s3.js'
