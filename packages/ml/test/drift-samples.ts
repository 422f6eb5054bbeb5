/** Parts of a sample, one after the other, as test/conformance/drift_cases.py writes them. */
export type Recipe = readonly (readonly [string, ...unknown[]])[]

/** Numbers of 0 to 1 by the generator x <- (1664525 x + 1013904223) mod 2^32. */
export function uniform(seed: number): () => number {
  let x = seed
  return () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0
    return x / 2 ** 32
  }
}

export function normal(n: number, seed: number, mean = 0, deviation = 1): number[] {
  const next = uniform(seed)
  return Array.from({ length: n }, () => {
    let sum = 0
    for (let k = 0; k < 12; k++) sum += next()
    return mean + deviation * (sum - 6)
  })
}

const special: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }

/** The values of a recipe. */
export function sampleOf(recipe: Recipe): (number | string)[] {
  return recipe.flatMap(([kind, ...args]): (number | string)[] => {
    const [n, seed] = args as [number, number]
    const next = uniform(seed)
    switch (kind) {
      case 'normal':
        return normal(...(args as [number, number, number, number]))
      case 'integers':
        return Array.from({ length: n }, () => Math.floor(next() * (args[2] as number)))
      case 'skewed':
        return normal(...(args as [number, number, number, number])).map(Math.exp)
      case 'rounded':
        return normal(...(args as [number, number, number, number])).map((value) => Math.floor(value * 4) / 4)
      case 'labels': {
        const [names, bounds] = args.slice(2) as [string[], number[]]
        return Array.from({ length: n }, () => {
          const at = next()
          return names[bounds.findIndex((bound) => bound > at)] ?? (names.at(-1) as string)
        })
      }
      case 'repeat':
        return new Array<number | string>(args[1] as number).fill(args[0] as number | string)
      case 'values':
        return args.map((value) => value as number)
      case 'special':
        return args.map((name) => special[name as string] ?? Number.NaN)
      case 'words': {
        const [length, words] = args.slice(2) as [number, string[]]
        const word = () => words[Math.floor(next() * words.length)] ?? ''
        return Array.from({ length: n }, () => Array.from({ length }, word).join(' '))
      }
      default:
        throw new Error(`No part ${kind}`)
    }
  })
}
