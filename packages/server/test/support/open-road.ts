import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port of loopback that leads to a server, and that can be closed and opened again as if the server went away. */
export interface Road {
  readonly port: number
  open(): Promise<void>
  /** Carries nothing for a while, as a network that is cut: nobody is told. */
  hush(isSilent: boolean): void
  /** Ends what is on it as well. */
  close(): Promise<void>
}

export async function openRoad(to: URL): Promise<Road> {
  const sockets = new Set<Socket>()
  let isSilent = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }
  const carry = (from: Socket, into: Socket) => {
    from.on('data', (piece) => into.write(piece))
    from.once('end', () => into.end())
    if (isSilent) from.pause()
  }
  const server = createServer((near) => {
    const folder = to.searchParams.get('host')
    const far = folder === null ? connect(Number(to.port), to.hostname) : connect(`${folder}/.s.PGSQL.${to.port}`)
    for (const socket of [near, far]) keep(socket)
    carry(near, far)
    carry(far, near)
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    open: () => listen(port),
    hush(silent) {
      isSilent = silent
      for (const socket of sockets) {
        if (silent) socket.pause()
        else socket.resume()
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
