import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port of loopback that leads to a server, and that can be closed and opened again as if the server went away. */
export interface Road {
  readonly port: number
  open(): Promise<void>
  /** Ends what is on it as well. */
  close(): Promise<void>
}

export async function openRoad(to: URL): Promise<Road> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname)
    for (const socket of [near, far]) keep(socket)
    near.pipe(far).pipe(near)
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
    async close() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
