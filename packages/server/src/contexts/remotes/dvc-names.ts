/** The name of a data set after the path of an output, as `data/Été 2024.csv` gives `data-ete-2024`. */
export function nameOfPath(path: string, isFolder: boolean): string {
  const stem = isFolder ? path : path.replace(/(?<=[^/])\.[A-Za-z0-9]{1,8}(?:\.(?:gz|zst|bz2|xz))?$/, '')
  const name = stem
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(-namesMax)
    .replace(/^[-_]+/, '')
  return name === '' ? 'data' : name
}

const namesMax = 63

/** A name that is free: as it is, or with the first number from 2 that makes it so. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`
    const candidate = `${name.slice(0, namesMax - suffix.length)}${suffix}`
    if (!isTaken(candidate)) return candidate
  }
}
