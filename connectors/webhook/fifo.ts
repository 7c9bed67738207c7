// What waits in the order in which it came. Taking the first is as cheap with a hundred thousand as with two, which `shift`
// of an array is not.

/** So many places in front may be empty before they are given back. */
const mostEmpty = 1_024

export class Fifo<Item extends object> {
  private items: (Item | undefined)[] = []
  private first = 0

  get length(): number {
    return this.items.length - this.first
  }

  push(item: Item): void {
    this.items.push(item)
  }

  shift(): Item | undefined {
    const item = this.items[this.first]
    if (item === undefined) return undefined
    this.items[this.first++] = undefined
    if (this.first === this.items.length) {
      this.items.length = 0
      this.first = 0
    } else if (this.first >= mostEmpty && this.first * 2 > this.items.length) {
      this.items = this.items.slice(this.first)
      this.first = 0
    }
    return item
  }
}
