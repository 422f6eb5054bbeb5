declare module 'virtual:route-table' {
  import type { EventKind, RouteName } from '@fabrique/contract'

  export const routeTable: Readonly<Record<RouteName, `${string} ${string}`>>
  export const eventKinds: readonly EventKind[]
  export const fabriqueVersion: string
}
