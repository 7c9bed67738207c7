// What no file of the product may hold, each with its reason. bans.test.ts looks for all of them.

import { outsideDoors } from './imports.js'
import type { SourceFile } from './source-files.js'
import { lineAt } from './source-files.js'

export interface Ban {
  readonly pattern: RegExp
  readonly reason: string
  /** Where in a file it is looked for: its code without strings, its comments, or all of it. */
  readonly where: 'code' | 'comments' | 'text'
  /** Folders that may; empty for nobody. */
  readonly except: readonly string[]
}

const time = 'time comes from the clock of the world, so that a run can be replayed'
const chance = 'chance comes from the random of the world, so that a run can be replayed'
const everywhere: readonly string[] = []

export const codeBans: readonly Ban[] = [
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(/, reason: time, where: 'code', except: outsideDoors },
  { pattern: /\bperformance\.|\bhrtime\b/, reason: time, where: 'code', except: outsideDoors },
  {
    pattern: /(?<![.\w])(set|clear)(Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b/,
    reason: time,
    where: 'code',
    except: outsideDoors,
  },
  {
    pattern: /\bMath\.random\b|\brandom(UUID|Bytes|Int|Fill|FillSync)\b|\bgetRandomValues\b/,
    reason: chance,
    where: 'code',
    except: outsideDoors,
  },
  {
    pattern: /(?<![.\w])process\b(?!['"\w]|\s*[?:(])/,
    reason: 'the process belongs to core/runtime, hub and cli',
    where: 'code',
    except: outsideDoors,
  },
  { pattern: /\bconsole\./, reason: 'what is to be said goes to the logger', where: 'code', except: ['cli'] },
  {
    pattern: /\bexport\s+default\b/,
    reason: 'an export has the same name everywhere',
    where: 'code',
    except: everywhere,
  },
  {
    pattern: /\bexport\s*\*/,
    reason: 'no barrels: import the file that holds the thing',
    where: 'code',
    except: everywhere,
  },
  {
    pattern: /(?:[:<,|&(=]|\bas)\s*any\b(?!\s*[(:.])/,
    reason: 'unknown, or the type that it has',
    where: 'code',
    except: everywhere,
  },
  {
    pattern: /(?<![.\w])(?:enum|namespace)\s+[A-Z]\w*\s*\{/,
    reason: 'types are erased: a union or a table does it',
    where: 'code',
    except: everywhere,
  },
  {
    pattern: /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/,
    reason: 'an error that is dropped says so, with a comment or a result',
    where: 'code',
    except: everywhere,
  },
]

/** Names that say nothing about what a file holds. */
export const emptyFileNames = /(^|[-./])(utils?|helpers?|managers?|common|misc|shared|stuff)([-./]|$)/

/** For all texts of the repository: what is left undone, and how the work was organised, stand elsewhere. */
export const textBans: readonly Ban[] = [
  {
    pattern: /\b(TO-?DO|FIX-?ME|X{3}|HACKS?)\b/,
    reason: 'what is left undone does not stand in the tree',
    where: 'text',
    except: everywhere,
  },
  {
    pattern: /\bissue\s+#?\d+\b|\b(this|previous|last|next) session\b|\bsub-?agents?\b|\bLLM\b|\bAI[- ]generated\b/i,
    reason: 'the project speaks of itself, not of how it was made',
    where: 'text',
    except: everywhere,
  },
  {
    pattern: /(?<![\w.])\/(work|farm)\/\w/,
    reason: 'a path of one machine means nothing on another',
    where: 'text',
    except: everywhere,
  },
]

/** Each place in the file that a ban forbids, as `path:line: what (why)`. */
export function offences(file: SourceFile, bans: readonly Ban[]): readonly string[] {
  const found: string[] = []
  for (const ban of bans) {
    if (ban.except.some((folder) => file.path.startsWith(`${folder}/`))) continue
    for (const match of file[ban.where].matchAll(new RegExp(ban.pattern, `g${ban.pattern.flags}`))) {
      found.push(`${file.path}:${lineAt(file.text, match.index)}: ${match[0].trim()} (${ban.reason})`)
    }
  }
  return found
}
