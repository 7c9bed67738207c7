// The door to the resolver of names: what a name answers with just now. Whoever connects to an answer checks it first
// (core/security/address-guard.ts).

export interface Resolver {
  /** All addresses of a name, IPv4 and IPv6, in the order that the system prefers. Errors: name_unresolved. */
  addressesOf(name: string): Promise<readonly string[]>
}
