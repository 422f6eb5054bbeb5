/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string | undefined
}

/** The items of all pages, each page asked for when it is needed. */
export async function* everyItem<Item>(
  askPage: (token: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let token: string | undefined
  do {
    const { items, nextPageToken } = await askPage(token)
    yield* items
    token = nextPageToken
  } while (token !== undefined)
}
