// Addresses to listen on: `HOST:PORT`, an IPv6 host in brackets.

import { securityErrors } from './errors.js'

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
}

/** invalid_address when the text is not HOST:PORT. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65535) {
    throw securityErrors.make('invalid_address', `"${text}" is no address to listen on`)
  }
  return { host, port }
}

export function listenAddressText({ host, port }: ListenAddress): string {
  return `${bracketed(host)}:${port}`
}

/** A host as it stands in a URL or a Host header. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

/** Whether it is an address rather than a name, so that no resolver was asked for it. */
export function isAddressLiteral(host: string): boolean {
  return host.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)
}
