import { openS3, type S3 } from '../../src/platform/s3/index.js'

/** A bucket of its own on the S3 server of the tests. */
export interface TestBucket {
  readonly s3: S3
  readonly endpoint: string
  readonly bucket: string
  /** Removes the bucket with all that is in it. */
  close(): Promise<void>
}

/**
 * Address of the S3 server that TEST_S3_ENDPOINT names: `node scripts/s3-server.mjs npx vitest run …` starts one. Without it suites of
 * S3 are left out; `npm run test:conformance` runs them. Credentials come from the environment, as everywhere.
 */
export const testS3Endpoint = process.env.TEST_S3_ENDPOINT === '' ? undefined : process.env.TEST_S3_ENDPOINT

let made = 0

/** For `beforeAll` of a suite with `describe.skipIf(testS3Endpoint === undefined)`. */
export async function openTestBucket(): Promise<TestBucket> {
  const endpoint = testS3Endpoint
  if (endpoint === undefined) throw new Error('TEST_S3_ENDPOINT is not set')
  made += 1
  const bucket = `test-${process.pid}-${made}-${process.hrtime.bigint()}`
  const sdk = await import('@aws-sdk/client-s3')
  const admin = new sdk.S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' })
  await admin.send(new sdk.CreateBucketCommand({ Bucket: bucket }))
  const s3 = openS3({ endpoint })
  return {
    s3,
    endpoint,
    bucket,
    async close() {
      const keys: string[] = []
      for await (const { key } of s3.list(bucket, '')) keys.push(key)
      await s3.delete(bucket, keys)
      await admin.send(new sdk.DeleteBucketCommand({ Bucket: bucket }))
      admin.destroy()
      s3.close()
    },
  }
}
