export function Palette(_: { readonly onClose: () => void }) {
  return null
}
