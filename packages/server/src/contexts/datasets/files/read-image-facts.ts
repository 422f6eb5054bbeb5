import type { ImageFacts } from './model.js'

const rasterFormats: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif', 'jp2', 'jxl'])

/** Reads the header of an image, of a file or of bytes. */
export async function readImageFacts(
  content: Uint8Array | string,
  pixelsMax: number,
): Promise<ImageFacts | { readonly fault: string }> {
  // Loaded at first use: most collections have no images.
  const { default: sharp } = await import('sharp')
  try {
    const { width, height, format } = await sharp(content, { limitInputPixels: pixelsMax, failOn: 'error' }).metadata()
    if (!rasterFormats.has(format)) return { fault: `${format} is no raster image` }
    return { width, height, format }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { fault: `it is no image that can be read: ${reason.split('\n')[0]?.replaceAll(/\S*\/\S*/g, 'file')}` }
  }
}
