// Reads the files of a lake as any stranger would: by their names and lines, without the product's code.
// A file is read once; that it never changes or goes afterwards is a part of what is judged.

import fs from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DeliveredLines } from './delivered-lines.js'

export type LakeForm = 'ndjson' | 'raw'

/** lines/PARTITION-FIRST.EXTENSION */
const fileName = /(?:^|\/)(\d+)-(\d{20})[^/]*$/

interface SeenFile {
  readonly path: string
  readonly partition: number
  readonly firstOffset: string
  /** What a change of the file would change. */
  readonly mark: string
}

export class LakeReader {
  readonly delivered = new DeliveredLines()
  /** Files that changed or went after they were read. */
  readonly changed: string[] = []
  readonly #root: string
  readonly #form: LakeForm
  readonly #read = new Map<string, string>()

  constructor(root: string, form: LakeForm) {
    this.#root = root
    this.#form = form
  }

  get fileCount(): number {
    return this.#read.size
  }

  /** Reads what has appeared. Throws where a file breaks its form. */
  readNew(): void {
    const files = this.#list()
    const standing = new Set(files.map(({ path }) => path))
    for (const path of this.#read.keys()) if (!standing.has(path)) this.changed.push(`${path} went`)
    // A partition's files in their order; one that appears later lies behind all that were there.
    files.sort((a, b) => a.partition - b.partition || (a.firstOffset < b.firstOffset ? -1 : 1))
    for (const file of files) {
      const mark = this.#read.get(file.path)
      if (mark === undefined) {
        this.#read.set(file.path, file.mark)
        this.#readFile(file)
      } else if (mark !== file.mark) this.changed.push(`${file.path} changed`)
    }
  }

  #list(): SeenFile[] {
    const names = fs.existsSync(this.#root) ? fs.readdirSync(this.#root, { recursive: true, encoding: 'utf8' }) : []
    const files: SeenFile[] = []
    for (const name of names) {
      if (name.startsWith('.tailrace')) continue
      const path = join(this.#root, name)
      const stat = fs.statSync(path)
      if (stat.isDirectory()) continue
      const parsed = fileName.exec(name)
      if (parsed === null) throw new Error(`${path}: no name of a file of the lake`)
      const [, partition, firstOffset] = parsed
      files.push({
        path,
        partition: Number(partition),
        firstOffset: firstOffset!,
        mark: `${stat.ino} ${stat.size} ${stat.mtimeMs}`,
      })
    }
    return files
  }

  #readFile({ path, partition }: SeenFile): void {
    const bytes = fs.readFileSync(path)
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    const lines = text.split('\n')
    if (lines.pop() !== '' || lines.length === 0) throw new Error(`${path}: its last line has no end`)
    const where = relative(this.#root, path)
    for (const line of lines) {
      if (this.#form === 'raw') this.delivered.add(line, { where, partition })
      else this.#addObject(line, { where, partition })
    }
  }

  #addObject(line: string, { where, partition }: { readonly where: string; readonly partition: number }): void {
    const { message, _key: key, _partition: stated } = JSON.parse(line) as Readonly<Record<string, unknown>>
    if (typeof message !== 'string' || typeof key !== 'string' || stated !== partition) {
      throw new Error(`${where}: not what a line of partition ${partition} holds: ${line.slice(0, 120)}`)
    }
    this.delivered.add(message, { where, partition, key })
  }
}
