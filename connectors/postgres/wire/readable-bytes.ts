// Sizes in messages for people.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Three digits and a unit: "1.23 GiB". */
export function readableBytes(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? amount : Number(amount.toPrecision(3))} ${units[unit]}`
}
