export function ModelVersionPage() {
  return null
}
