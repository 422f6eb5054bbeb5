import type { DuckDBConnection } from '@duckdb/node-api'
import { engineModule } from '../../platform/duckdb/index.js'
import type { TrainingAsked } from './training-messages.js'

/** Runs something with an engine that takes no more memory than it may. */
export async function withEngine<Result>(
  { threads, memoryBytesMax }: Pick<TrainingAsked, 'threads' | 'memoryBytesMax'>,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await engineModule().DuckDBInstance.create(':memory:', {
    threads: String(Math.max(1, threads)),
    memory_limit: `${Math.round(memoryBytesMax / 2 / 1024 / 1024)}MiB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    try {
      await connection.run("set TimeZone = 'UTC'")
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}
