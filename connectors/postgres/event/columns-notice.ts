// The header `pg.columns` of a relation, and where it was given: with the first record in each append and partition.

import type { EncodedHeaders } from '../../../core/record/record-headers.js'
import { textHeaders } from './change-headers.js'

/** No append has this number. */
const never = -1

export class ColumnsNotice {
  readonly header: EncodedHeaders
  /** For each partition the append that has it; the first is for records without a key, which share a partition. */
  private readonly givenIn: number[] = [never]

  /** `columnsText` is the value of the header. */
  constructor(columnsText: string) {
    this.header = textHeaders({ 'pg.columns': columnsText })
  }

  /** Must the record carry it? `partition` is -1 for one without a key. */
  isDue(partition: number, appendNumber: number): boolean {
    while (this.givenIn.length <= partition + 1) this.givenIn.push(never)
    return this.givenIn[partition + 1] !== appendNumber
  }

  given(partition: number, appendNumber: number): void {
    this.givenIn[partition + 1] = appendNumber
  }
}
