import { expect, it } from 'vitest'
import { isLoopback, listenAddressText, parseListenAddress } from '../../../core/security/listen-address.js'

it.each([
  ['127.0.0.1:7070', '127.0.0.1', 7070, true],
  ['localhost:0', 'localhost', 0, true],
  ['[::1]:7070', '::1', 7070, true],
  ['0.0.0.0:80', '0.0.0.0', 80, false],
  ['[::]:80', '::', 80, false],
  ['hub.example:65535', 'hub.example', 65535, false],
])('reads %s', (text, host, port, loopback) => {
  const address = parseListenAddress(text)
  expect(address).toEqual({ host, port })
  expect(listenAddressText(address)).toBe(text)
  expect(isLoopback(host)).toBe(loopback)
})

it.each(['7070', ':7070', '127.0.0.1', '127.0.0.1:', '::1:7070', 'a b:1', 'host:65536', 'http://host:1', 'host:-1'])(
  'refuses %s',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'invalid_address' }))
  },
)
