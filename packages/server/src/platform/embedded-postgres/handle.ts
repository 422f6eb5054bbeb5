import type { Binaries } from './binaries.js'
import type { RunningServer } from './connect-or-launch.js'
import type { EmbeddedPostgresEvent } from './events.js'
import type { EmbeddedPostgres } from './options.js'
import { hostOf, SUPERUSER } from './server-probe.js'
import type { Listen } from './settings.js'
import { stopServer } from './stop.js'

/**
 * DBOS wants a user and a host name inside the address, and `pg` and libpq let the `host` parameter win over the name.
 * `sslmode` guards against a PGSSLMODE of the caller: a socket offers no TLS.
 */
export function connectionString(listen: Listen, database: string): string {
  const base = `postgresql://${SUPERUSER}@localhost:${listen.port}/${encodeURIComponent(database)}`
  return `${base}?host=${encodeURIComponent(hostOf(listen))}&sslmode=disable`
}

export function embeddedPostgres(
  { watch, listen, attached }: RunningServer,
  dataDir: string,
  binaries: Binaries,
  emit: (event: EmbeddedPostgresEvent) => void,
): EmbeddedPostgres {
  const socketDir = hostOf(listen)
  let stopping: Promise<void> | undefined
  void watch.exited.then((exit) => emit({ kind: 'exited', ...exit }))
  emit({ kind: 'ready', pid: watch.pid, attached, socketDir })
  return {
    socketDir,
    port: listen.port,
    pid: watch.pid,
    attached,
    exited: watch.exited,
    connectionString: (database) => connectionString(listen, database),
    stop: () => {
      stopping ??= stopServer({
        dataDir,
        listen,
        watch,
        binaries,
        onSignal: (signal) => emit({ kind: 'stopping', pid: watch.pid, signal }),
      })
      return stopping
    },
  }
}
