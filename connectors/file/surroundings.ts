// What lies in the directories of tracked files, inside the globs or not; each directory is listed once per look.

import type { Discovery } from './discovery.js'
import type { Sighting } from './sighting.js'
import { byOriginal } from './successors.js'
import { identityOf } from './tracked-file.js'

interface Listing {
  readonly byIdentity: ReadonlyMap<string, Sighting>
  readonly byOriginal: ReadonlyMap<string, readonly Sighting[]>
}

export class Surroundings {
  readonly #discovery: Discovery
  readonly #listings = new Map<string, Listing>()

  constructor(discovery: Discovery) {
    this.#discovery = discovery
  }

  async of(directory: string): Promise<Listing> {
    const known = this.#listings.get(directory)
    if (known !== undefined) return known
    const seen = await this.#discovery.everythingIn(directory)
    const listing = {
      byIdentity: new Map(seen.map((sighting) => [identityOf(sighting), sighting])),
      byOriginal: byOriginal(seen),
    }
    this.#listings.set(directory, listing)
    return listing
  }
}
