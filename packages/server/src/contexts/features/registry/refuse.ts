import { FabriqueError } from '@fabrique/contract'

/** What is declared, as people call it. */
const kinds = {
  entity: { kind: 'Entity', kind_fr: 'L’entité' },
  feature_view: { kind: 'Feature view', kind_fr: 'La vue' },
  feature_service: { kind: 'Feature service', kind_fr: 'Le service' },
} as const

/** Something declared, by kind and name. */
export interface Declared {
  readonly kind: keyof typeof kinds
  readonly name: string
}

/** Names what is declared wrong and why, in both languages. */
export function refused({ kind, name }: Declared, reason: string, reasonFr: string): FabriqueError {
  return new FabriqueError('features_invalid', { ...kinds[kind], name, reason, reason_fr: reasonFr })
}
