let ofProcess: string | undefined

/** Gives the clients of this process a key, where `FABRIQUE_API_KEY` does not; undefined takes the one before away. */
export function useApiKey(key: string | undefined): void {
  ofProcess = key
}

/** The header by which a client proves who asks: a key that is given, else that of the environment. */
export function authorization(apiKey?: string): { readonly authorization?: string } {
  const key = apiKey ?? process.env.FABRIQUE_API_KEY ?? ofProcess
  return key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }
}
