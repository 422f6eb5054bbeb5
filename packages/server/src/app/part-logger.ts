import { type Logger, openLogger } from '../platform/logs/index.js'
import type { Config } from './config/index.js'
import type { DataFolder } from './data-folder.js'

/** Opens the log of a process: pretty on a terminal, JSON elsewhere, and always the rotating file. */
export function openPartLogger(config: Config, folder: DataFolder, part: string): Promise<Logger> {
  const format = config.log_format === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : config.log_format
  return openLogger({ part, folder: folder.logs, level: config.log_level, console: format })
}
