import type { FeatureView } from '@fabrique/contract'

/** Whether a view has all words of a text in its name, description, owner, entities, services, tags or features. */
export function matchesView(view: FeatureView, text: string): boolean {
  const { name, definition, features, services } = view
  const { description = '', owner = '', entities, tags } = definition
  const all = [
    name,
    description,
    owner,
    ...entities,
    ...services,
    ...Object.entries(tags).flat(),
    ...features.map((feature) => feature.name),
  ]
    .join('\n')
    .toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
