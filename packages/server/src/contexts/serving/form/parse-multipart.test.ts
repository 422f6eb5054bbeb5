import { describe, expect, test } from 'vitest'
import { parseMultipart } from './parse-multipart.js'

const type = 'multipart/form-data; boundary=b'

/** What a form of the platform sends. */
async function encoded(form: FormData): Promise<{ readonly body: Buffer; readonly contentType: string }> {
  const reply = new Response(form)
  return { body: Buffer.from(await reply.arrayBuffer()), contentType: reply.headers.get('content-type') ?? '' }
}

const partsOf = (body: Buffer, contentType: string) =>
  parseMultipart(body, contentType).parts.map(({ content, ...part }) => ({
    ...part,
    content: Buffer.from(content).toString('latin1'),
  }))

describe('a form', () => {
  test('comes apart as a browser puts it together', async () => {
    const form = new FormData()
    form.append('word "é"', 'naïve\r\n--b\r\n')
    form.append('word "é"', '')
    form.append('file', new File([Uint8Array.of(0, 13, 10, 45, 45, 255)], 'a"b.png', { type: 'image/png' }))
    const { body, contentType } = await encoded(form)
    expect(partsOf(body, contentType)).toEqual([
      {
        name: 'word "é"',
        filename: undefined,
        type: 'text/plain',
        content: Buffer.from('naïve\r\n--b\r\n').toString('latin1'),
      },
      { name: 'word "é"', filename: undefined, type: 'text/plain', content: '' },
      { name: 'file', filename: 'a"b.png', type: 'image/png', content: '\u0000\r\n--\u00ff' },
    ])
  })

  test.each([
    ['names without quotes', '--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--b--', [['x', '1']]],
    [
      'names with a backslash',
      '--b\r\ncontent-disposition: form-data; name="a\\"b"\r\n\r\n1\r\n--b--\r\n',
      [['a"b', '1']],
    ],
    [
      'words before and after',
      'hello\r\n--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\nbye',
      [['x', '1']],
    ],
    ['spaces after a boundary', '--b \t\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--', [['x', '1']]],
    ['nothing', '--b--\r\n', []],
  ] as const)('may have %s', (_, body, parts) => {
    expect(
      parseMultipart(Buffer.from(body), type).parts.map(({ name, content }) => [name, String(Buffer.from(content))]),
    ).toEqual(parts)
  })

  test.each([
    ['no boundary in its type', 'multipart/form-data', '--b--', 'names no boundary'],
    ['another boundary', type, '--c--', 'does not stand in the body'],
    ['nothing at all', type, '', 'does not stand in the body'],
    ['no end', type, '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1', 'cut off'],
    ['no name', type, '--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--', 'no name'],
    ['no headers', type, '--b\r\n\r\n1\r\n--b--', 'no name'],
    ['endless headers', type, `--b\r\nA: ${'x'.repeat(10_000)}\r\n\r\n1\r\n--b--`, 'do not end'],
    [
      'too many fields',
      type,
      `${'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'.repeat(1001)}--b--`,
      'more than 1000',
    ],
  ] as const)('with %s is refused', (_, contentType, body, part) => {
    expect(() => parseMultipart(Buffer.from(body), contentType)).toThrow(part)
  })

  test('that is cut off anywhere is refused', async () => {
    const form = new FormData()
    form.append('word', 'text')
    form.append('file', new File(['content'], 'a.bin', { type: 'application/octet-stream' }))
    const { body, contentType } = await encoded(form)
    const end = body.lastIndexOf('--') + 2
    for (let length = 0; length < end; length += 1) {
      expect(() => parseMultipart(body.subarray(0, length), contentType), `${length} bytes`).toThrow(
        /cut off|boundary|do not end/,
      )
    }
    expect(parseMultipart(body.subarray(0, end), contentType).parts).toHaveLength(2)
  })
})
