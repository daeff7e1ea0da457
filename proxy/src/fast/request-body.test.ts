import { describe, expect, test } from '@jest/globals'
import { ChunkedUnframing, RequestBody } from './request-body.ts'

const quiet = { pause: () => undefined, resume: () => undefined }

describe('the body of a request', () => {
  test('says nothing more once its framing was wrong, whatever comes behind', () => {
    const heard: string[] = []
    const body = new RequestBody(undefined, new ChunkedUnframing(), quiet)
    body.flow({
      write: (piece) => heard.push(piece.toString()) > 0,
      end: () => heard.push('end'),
      failed: () => heard.push('failed')
    })
    body.push(Buffer.from('5\r\nh'))
    expect(() => body.push(Buffer.from('ello0'))).toThrow('a chunk longer than its size')
    body.broken(new Error('wrong framing'))
    body.push(Buffer.from('\r\n2\r\nde\r\n0\r\n\r\n'))
    expect(heard).toEqual(['h', 'failed'])
    expect(body.complete).toBe(false)
  })
})
