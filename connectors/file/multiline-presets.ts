// The stack traces of common languages, as tables: in which state a line that matches goes on to which state. A rule
// from `outside` begins a record; one that leads to `outside` takes the line in and ends the record.
//
// The rules follow the parsers that Fluent Bit ships for java, python, go and ruby. Every pattern is linear: no
// repetition within a repetition over the same characters.

/** The state in which no line can join. */
export const outside = 'outside'

export interface PresetRule {
  readonly from: readonly string[]
  readonly pattern: RegExp
  readonly to: string
}

export type PresetName = 'java' | 'python' | 'go' | 'node' | 'ruby'

const inJava = ['exception', 'frames']

export const presets: Readonly<Record<PresetName, readonly PresetRule[]>> = {
  java: [
    { from: [outside], pattern: /.(?:Exception|Error|Throwable)(?::|$)/, to: 'exception' },
    { from: ['exception'], pattern: /^[\t ]*nested exception is:/, to: 'exception' },
    { from: ['exception'], pattern: /^$/, to: 'frames' },
    { from: inJava, pattern: /^[\t ]+(?:eval )?at /, to: 'frames' },
    { from: inJava, pattern: /^[\t ]+--- End of inner exception stack trace ---$/, to: 'frames' },
    { from: inJava, pattern: /^--- End of stack trace from previous location/, to: 'frames' },
    { from: inJava, pattern: /^[\t ]*(?:Caused by|Suppressed):/, to: 'exception' },
    // A message of several lines.
    { from: ['exception'], pattern: /^[\t ]+\S/, to: 'exception' },
    { from: inJava, pattern: /^[\t ]*\.\.\. \d+ (?:more|common frames omitted)/, to: 'frames' },
  ],
  python: [
    { from: [outside], pattern: /^Traceback \(most recent call last\):$/, to: 'trace' },
    { from: ['trace', 'code'], pattern: /^[\t ]+File /, to: 'code' },
    { from: ['trace', 'code'], pattern: /^[\t ]+\S/, to: 'trace' },
    { from: ['trace', 'code'], pattern: /^[\w.]+(?::|$)/, to: 'raised' },
    // An exception that was raised while another one was handled is one event with it.
    { from: ['raised'], pattern: /^$/, to: 'between' },
    { from: ['between'], pattern: /^(?:During handling of the above|The above exception was)/, to: 'chained' },
    { from: ['chained'], pattern: /^$/, to: 'chained' },
    { from: ['chained'], pattern: /^Traceback \(most recent call last\):$/, to: 'trace' },
  ],
  go: [
    { from: [outside], pattern: /http: panic serving/, to: 'goroutine' },
    { from: [outside], pattern: /\bpanic: /, to: 'panicked' },
    { from: ['panicked'], pattern: /^[\t ]+panic: /, to: 'panicked' },
    { from: ['panicked'], pattern: /^\[signal /, to: 'panicked' },
    { from: ['panicked', 'call'], pattern: /^$/, to: 'goroutine' },
    { from: ['goroutine', 'panicked', 'call'], pattern: /^goroutine \d+ \[[^\]]+\]:$/, to: 'call' },
    { from: ['call'], pattern: /^created by |^[^\s(]+\(/, to: 'place' },
    { from: ['place'], pattern: /^[\t ]+\S/, to: 'call' },
    { from: ['call'], pattern: /^exit status \d+$/, to: outside },
  ],
  node: [
    { from: [outside], pattern: /(?:Error|Exception)(?: \[[A-Z0-9_]+\])?(?::|$)/, to: 'error' },
    { from: ['error', 'stack'], pattern: /^[\t ]+at .*\{$/, to: 'properties' },
    { from: ['error', 'stack'], pattern: /^[\t ]+(?:at |\.\.\. )/, to: 'stack' },
    { from: ['error', 'stack'], pattern: /^[\t ]*(?:Caused by|\[cause\]):/, to: 'error' },
    { from: ['properties'], pattern: /^[\t ]/, to: 'properties' },
    { from: ['properties'], pattern: /^\}$/, to: outside },
  ],
  ruby: [
    { from: [outside], pattern: /^.+:\d+:in /, to: 'trace' },
    { from: ['trace'], pattern: /^[\t ]+from .+:\d+:in /, to: 'trace' },
    { from: ['trace'], pattern: /^[\t ]+\d+: from .+:\d+:in /, to: 'trace' },
  ],
}
