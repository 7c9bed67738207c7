// Makes closures of a syntax tree. Names and types that are wrong whatever the record are found here; parts without
// variables are worked out once.
//
// Only own fields of values are ever looked at, by objects without prototypes, and only functions of the table are
// called: an expression reaches nothing but its record. A field that is missing fails the record, unless has() or
// orElse() asks for it. As CEL has it, `false && x` is false and `true || x` true even where x fails, on either side.

import { TailraceError } from '../errors/tailrace-error.js'
import { emptyObject, type JsonObject } from '../format/parsed.js'
import { add, divide, multiply, negate, remainder, subtract, timestampAt } from './arithmetic.js'
import { spend } from './budget.js'
import { expressionErrors } from './errors.js'
import { compiledPattern, type FunctionDeclaration, functions, matches, methods, textIn } from './functions.js'
import type { Evaluator, Frame } from './scope.js'
import { type ASTNode, invalidAt } from './syntax.js'
import { compare, equals, failed, isMap, type TypeName, typeOf, type Value } from './value.js'

interface Compiled {
  readonly run: Evaluator
  /** Undefined when it depends on the record. */
  readonly type: TypeName | undefined
  readonly isConstant: boolean
}

/** Undefined when nothing stands there. */
type Finder = (frame: Frame) => Value | undefined

/** The names of loop variables around a part, by their depth. */
type Locals = readonly string[]

type Binary = (left: Value, right: Value) => Value

const constantFrame: Frame = { scope: undefined as never, locals: [] }

/** Errors: expression_invalid. */
export function compileTree(
  tree: ASTNode,
  text: string,
): { readonly run: Evaluator; readonly type: TypeName | undefined } {
  return new Compiler(text).node(tree, [])
}

class Compiler {
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  node(node: ASTNode, locals: Locals): Compiled {
    const made = this.made(node, locals)
    return made.isConstant ? this.folded(node, made) : made
  }

  private made(node: ASTNode, locals: Locals): Compiled {
    const { op } = node
    if (op === 'value') return this.literal(node)
    if (op === 'id' || op === '.' || op === '[]') return this.access(node, locals)
    if (op === 'list') return this.list(node.args, locals)
    if (op === 'map') return this.map(node.args, locals)
    if (op === '!_') return this.not(node, locals)
    if (op === '-_') return this.negated(node, locals)
    if (op === '&&' || op === '||') return this.logical(node, locals)
    if (op === '?:') return this.conditional(node, locals)
    if (op === 'call') return this.call(node, locals)
    if (op === 'rcall') return this.methodCall(node, locals)
    return this.binary(node, locals)
  }

  /** A part without variables has one value, or is a mistake. */
  private folded(node: ASTNode, { run }: Compiled): Compiled {
    let value: Value
    try {
      value = run(constantFrame)
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      throw this.invalid(node, error.message)
    }
    return { run: () => value, type: typeOf(value), isConstant: true }
  }

  private literal(node: ASTNode & { op: 'value' }): Compiled {
    const { args } = node
    if (typeof args === 'object' && args !== null) {
      throw this.invalid(node, args instanceof Uint8Array ? 'bytes are not supported' : 'numbers take no "u"')
    }
    const isSmall = typeof args === 'bigint' && args <= BigInt(Number.MAX_SAFE_INTEGER)
    const value: Value = isSmall ? Number(args) : args
    return { run: () => value, type: typeOf(value), isConstant: true }
  }

  private list(nodes: readonly ASTNode[], locals: Locals): Compiled {
    const parts = nodes.map((part) => this.node(part, locals))
    const runs = parts.map(({ run }) => run)
    const run = (frame: Frame): Value => {
      spend(runs.length)
      return runs.map((each) => each(frame))
    }
    return { run, type: 'list', isConstant: parts.every(({ isConstant }) => isConstant) }
  }

  private map(entries: readonly (readonly [ASTNode, ASTNode])[], locals: Locals): Compiled {
    const parts = entries.map(([key, value]) => {
      const name = this.node(key, locals)
      if (name.type !== undefined && name.type !== 'string')
        throw this.invalid(key, 'fields of a map are named by strings')
      return { name, value: this.node(value, locals) }
    })
    const run = (frame: Frame): Value => {
      spend(parts.length)
      const made = emptyObject() as { [field: string]: Value }
      for (const { name, value } of parts) made[textIn(name.run(frame))] = value.run(frame)
      return made
    }
    return { run, type: 'map', isConstant: parts.every(({ name, value }) => name.isConstant && value.isConstant) }
  }

  private not(node: ASTNode & { op: '!_' }, locals: Locals): Compiled {
    const { run, isConstant } = this.condition(node.args, locals)
    return { run: (frame) => !truth(run(frame)), type: 'bool', isConstant }
  }

  private negated(node: ASTNode & { op: '-_' }, locals: Locals): Compiled {
    const { run, type, isConstant } = this.node(node.args, locals)
    if (type !== undefined && type !== 'number' && type !== 'duration') {
      throw this.invalid(node, `"-" does not take ${type}`)
    }
    return { run: (frame) => negate(run(frame)), type, isConstant }
  }

  private logical(node: ASTNode & { op: '&&' | '||' }, locals: Locals): Compiled {
    const left = this.condition(node.args[0], locals)
    const right = this.condition(node.args[1], locals)
    const decisive = node.op === '||'
    const [runLeft, runRight] = [left.run, right.run]
    const run = (frame: Frame): Value => {
      let first: boolean
      try {
        first = truth(runLeft(frame))
      } catch (error) {
        if (!expressionErrors.is(error, 'expression_failed')) throw error
        if (truth(runRight(frame)) === decisive) return decisive
        throw error
      }
      return first === decisive ? decisive : truth(runRight(frame))
    }
    return { run, type: 'bool', isConstant: left.isConstant && right.isConstant }
  }

  private conditional(node: ASTNode & { op: '?:' }, locals: Locals): Compiled {
    const condition = this.condition(node.args[0], locals)
    const yes = this.node(node.args[1], locals)
    const no = this.node(node.args[2], locals)
    return {
      run: (frame) => (truth(condition.run(frame)) ? yes.run(frame) : no.run(frame)),
      type: yes.type === no.type ? yes.type : undefined,
      isConstant: condition.isConstant && yes.isConstant && no.isConstant,
    }
  }

  private condition(node: ASTNode, locals: Locals): Compiled {
    const made = this.node(node, locals)
    if (made.type === undefined || made.type === 'bool') return made
    throw this.invalid(node, `a condition is needed here, not ${made.type}`)
  }

  private binary(node: ASTNode, locals: Locals): Compiled {
    const [leftNode, rightNode] = node.args as [ASTNode, ASTNode]
    const left = this.node(leftNode, locals)
    const right = this.node(rightNode, locals)
    const isConstant = left.isConstant && right.isConstant
    const operator = operators.get(node.op)
    if (operator === undefined) throw this.invalid(node, `"${node.op}" is not supported`)
    const { apply, type } = operator
    if (left.type !== undefined && right.type !== undefined) {
      const isFine = operator.takes(left.type, right.type)
      if (!isFine) throw this.invalid(node, `"${node.op}" does not take ${left.type} and ${right.type}`)
    }
    const [runLeft, runRight] = [left.run, right.run]
    const known = node.op === 'in' && right.isConstant ? simpleSet(runRight(constantFrame)) : undefined
    if (known !== undefined) return { run: (frame) => known.has(runLeft(frame)), type, isConstant }
    return { run: (frame) => apply(runLeft(frame), runRight(frame)), type, isConstant }
  }

  private access(node: ASTNode, locals: Locals): Compiled {
    const find = this.finder(node, locals)
    const name = this.text.slice(node.start, node.end)
    const run = (frame: Frame): Value => {
      const found = find.run(frame)
      if (found === undefined) throw failed(`there is no ${name}`)
      return found
    }
    return { run, type: find.type, isConstant: find.isConstant }
  }

  /** A place in the record; any other part is found always. */
  private finder(
    node: ASTNode,
    locals: Locals,
  ): { readonly run: Finder; readonly type: TypeName | undefined; readonly isConstant: boolean } {
    if (node.op === 'id') return this.named(node.args, locals)
    if (node.op === '.') {
      const [of, field] = node.args
      const base = this.finder(of, locals)
      const run = (frame: Frame): Value | undefined => fieldOf(base.run(frame), field)
      return { run, type: undefined, isConstant: base.isConstant }
    }
    if (node.op === '[]') {
      const base = this.finder(node.args[0], locals)
      const index = this.node(node.args[1], locals)
      const run = (frame: Frame): Value | undefined => elementOf(base.run(frame), index.run(frame))
      return { run, type: undefined, isConstant: base.isConstant && index.isConstant }
    }
    return this.node(node, locals)
  }

  private named(
    name: string,
    locals: Locals,
  ): { readonly run: Finder; readonly type: TypeName | undefined; readonly isConstant: boolean } {
    const depth = locals.lastIndexOf(name)
    if (depth >= 0) return { run: ({ locals: values }) => values[depth], type: undefined, isConstant: false }
    const variable = variables.get(name)
    if (variable !== undefined) return { ...variable, isConstant: false }
    return { run: ({ scope }) => scope.fields()[name], type: undefined, isConstant: false }
  }

  private call(node: ASTNode & { op: 'call' }, locals: Locals): Compiled {
    const [name, nodes] = node.args
    if (name === 'has') return this.has(node, nodes, locals)
    if (name === 'orElse') return this.orElse(node, nodes, locals)
    const declaration = functions.get(name)
    if (declaration === undefined) throw this.invalid(node, unknownFunction(name))
    return this.applied(node, { name, declaration, nodes }, locals)
  }

  private methodCall(node: ASTNode & { op: 'rcall' }, locals: Locals): Compiled {
    const [name, receiver, nodes] = node.args
    const loop = loops.get(name)
    if (loop !== undefined) return this.loop(node, loop, locals)
    const declaration = methods.get(name)
    if (declaration === undefined) throw this.invalid(node, unknownFunction(name))
    const argument = nodes[0]
    const isRaw = receiver.op === 'id' && receiver.args === 'raw' && !locals.includes('raw')
    if (name === 'contains' && isRaw && argument?.op === 'value' && typeof argument.args === 'string') {
      const bytes = Buffer.from(argument.args)
      return { run: ({ scope }) => scope.rawIncludes(bytes), type: 'bool', isConstant: false }
    }
    return this.applied(node, { name, declaration, nodes: [receiver, ...nodes] }, locals)
  }

  private applied(
    node: ASTNode,
    call: { readonly name: string; readonly declaration: FunctionDeclaration; readonly nodes: readonly ASTNode[] },
    locals: Locals,
  ): Compiled {
    const { name, declaration, nodes } = call
    const { least, most, gives: type, apply } = declaration
    if (nodes.length < least || nodes.length > most) {
      const own = node.op === 'rcall' ? 1 : 0
      const takes = least === most ? `${least - own}` : `${least - own} to ${most - own}`
      throw this.invalid(node, `${name}() takes ${takes} arguments, not ${nodes.length - own}`)
    }
    const parts = nodes.map((part) => this.node(part, locals))
    const isConstant = parts.every((part) => part.isConstant)
    const [first, second, third] = parts.map(({ run }) => run)
    if (name === 'matches' && parts[1]!.isConstant && first !== undefined) {
      const pattern = this.pattern(nodes[1]!, parts[1]!)
      return { run: (frame) => matches(textIn(first(frame)), pattern), type, isConstant }
    }
    const run = (frame: Frame): Value => {
      spend(1)
      return apply(first!(frame), second?.(frame) as Value, third?.(frame) as Value)
    }
    return { run, type, isConstant }
  }

  private pattern(node: ASTNode, { run }: Compiled): ReturnType<typeof compiledPattern> {
    try {
      return compiledPattern(textIn(run(constantFrame)))
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      throw this.invalid(node, error.message)
    }
  }

  private has(node: ASTNode, nodes: readonly ASTNode[], locals: Locals): Compiled {
    const [place] = nodes
    if (nodes.length !== 1 || place === undefined || !isPlace(place)) throw this.invalid(node, 'has() takes one field')
    const { run } = this.finder(place, locals)
    return { run: (frame) => run(frame) !== undefined, type: 'bool', isConstant: false }
  }

  private orElse(node: ASTNode, nodes: readonly ASTNode[], locals: Locals): Compiled {
    const [place, otherwise] = nodes
    if (nodes.length !== 2 || place === undefined || otherwise === undefined || !isPlace(place)) {
      throw this.invalid(node, 'orElse() takes a field and what stands in for it')
    }
    const { run } = this.finder(place, locals)
    const fallback = this.node(otherwise, locals)
    return { run: (frame) => run(frame) ?? fallback.run(frame), type: undefined, isConstant: false }
  }

  private loop(node: ASTNode & { op: 'rcall' }, loop: Loop, locals: Locals): Compiled {
    const [name, over, nodes] = node.args
    const [variable] = nodes
    if (nodes.length < 2 || nodes.length > (name === 'map' ? 3 : 2) || variable?.op !== 'id') {
      throw this.invalid(node, `${name}() takes a variable and an expression`)
    }
    const list = this.node(over, locals)
    const inner = [...locals, variable.args]
    const depth = locals.length
    const filter = nodes.length === 3 ? this.condition(nodes[1]!, inner) : undefined
    const last = nodes.at(-1)!
    const body = name === 'map' ? this.node(last, inner) : this.condition(last, inner)
    const steps: LoopSteps = { list: list.run, body: body.run, filter: filter?.run, depth }
    // Never constant: what it makes is paid for by the evaluation.
    return { run: (frame) => loop.run(frame, steps), type: loop.type, isConstant: false }
  }

  private invalid(node: ASTNode, message: string): Error {
    return invalidAt(this.text, node.start, message)
  }
}

const variables: ReadonlyMap<string, { readonly run: Evaluator; readonly type: TypeName | undefined }> = new Map(
  Object.entries({
    value: { run: ({ scope }: Frame) => scope.json(), type: undefined },
    key: { run: ({ scope }: Frame) => scope.keyText(), type: undefined },
    headers: { run: ({ scope }: Frame) => scope.headerTexts(), type: 'map' as const },
    topic: { run: ({ scope }: Frame) => scope.topic, type: 'string' as const },
    time: { run: ({ scope }: Frame) => timeOf(scope.timestampMs), type: 'timestamp' as const },
    raw: { run: ({ scope }: Frame) => scope.rawText(), type: 'string' as const },
  }),
)

interface Operator {
  readonly apply: Binary
  readonly type: TypeName | undefined
  readonly takes: (left: TypeName, right: TypeName) => boolean
}

const isSame = (left: TypeName, right: TypeName): boolean => left === right
const isOrdered = (left: TypeName, right: TypeName): boolean =>
  left === right && !['null', 'list', 'map'].includes(left)
const areNumbers = (left: TypeName, right: TypeName): boolean => left === 'number' && right === 'number'
const isSpan = (type: TypeName): boolean => type === 'duration' || type === 'timestamp'

const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    '==': { apply: equals, type: 'bool', takes: () => true },
    '!=': { apply: (left, right) => !equals(left, right), type: 'bool', takes: () => true },
    '<': { apply: (left, right) => compare(left, right) < 0, type: 'bool', takes: isOrdered },
    '<=': { apply: (left, right) => compare(left, right) <= 0, type: 'bool', takes: isOrdered },
    '>': { apply: (left, right) => compare(left, right) > 0, type: 'bool', takes: isOrdered },
    '>=': { apply: (left, right) => compare(left, right) >= 0, type: 'bool', takes: isOrdered },
    in: { apply: isIn, type: 'bool', takes: (_left, right) => right === 'list' || right === 'map' },
    '+': {
      apply: add,
      type: undefined,
      takes: (left, right) =>
        (isSame(left, right) && ['number', 'string', 'list', 'duration'].includes(left)) ||
        (isSpan(left) && isSpan(right) && left !== right),
    },
    '-': {
      apply: subtract,
      type: undefined,
      takes: (left, right) =>
        areNumbers(left, right) || (isSpan(left) && isSpan(right) && (left === 'timestamp' || right === 'duration')),
    },
    '*': { apply: multiply, type: 'number', takes: areNumbers },
    '/': { apply: divide, type: 'number', takes: areNumbers },
    '%': { apply: remainder, type: 'number', takes: areNumbers },
  } satisfies Record<string, Operator>),
)

interface LoopSteps {
  readonly list: Evaluator
  readonly body: Evaluator
  readonly filter: Evaluator | undefined
  /** Where the variable is in the frame. */
  readonly depth: number
}

interface Loop {
  readonly type: TypeName
  readonly run: (frame: Frame, steps: LoopSteps) => Value
}

const loops: ReadonlyMap<string, Loop> = new Map(
  Object.entries({
    all: { type: 'bool', run: (frame, steps) => quantified(frame, steps, false) },
    exists: { type: 'bool', run: (frame, steps) => quantified(frame, steps, true) },
    exists_one: { type: 'bool', run: (frame, steps) => filtered(frame, steps).length === 1 },
    filter: { type: 'list', run: filtered },
    map: { type: 'list', run: mapped },
  } satisfies Record<string, Loop>),
)

/** Records without a time have -1. */
function timeOf(ms: number): Value {
  if (ms < 0) throw failed('the record has no time')
  return timestampAt(ms)
}

/** As `||` and `&&` over all elements: what decides wins over what fails. */
function quantified(frame: Frame, { list, body, depth }: LoopSteps, decisive: boolean): boolean {
  let failure: { readonly error: unknown } | undefined
  for (const element of elements(list(frame))) {
    spend(1)
    frame.locals[depth] = element
    try {
      if (truth(body(frame)) === decisive) return decisive
    } catch (error) {
      if (!expressionErrors.is(error, 'expression_failed')) throw error
      failure ??= { error }
    }
  }
  if (failure !== undefined) throw failure.error
  return !decisive
}

function filtered(frame: Frame, { list, body, depth }: LoopSteps): Value[] {
  const made: Value[] = []
  for (const element of elements(list(frame))) {
    spend(1)
    frame.locals[depth] = element
    if (truth(body(frame))) made.push(element)
  }
  return made
}

function mapped(frame: Frame, { list, body, filter, depth }: LoopSteps): Value {
  const made: Value[] = []
  for (const element of elements(list(frame))) {
    spend(1)
    frame.locals[depth] = element
    if (filter === undefined || truth(filter(frame))) made.push(body(frame))
  }
  return made
}

/** Of a map its names. */
function elements(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as Value[]
  if (isMap(value)) return Object.keys(value)
  throw failed(`a list or a map is needed here, not ${typeOf(value)}`)
}

function fieldOf(of: Value | undefined, field: string): Value | undefined {
  return of !== undefined && isMap(of) ? of[field] : undefined
}

function elementOf(of: Value | undefined, index: Value): Value | undefined {
  if (of === undefined) return undefined
  if (Array.isArray(of)) {
    if (typeof index !== 'number' || !Number.isInteger(index))
      throw failed('elements of a list are named by whole numbers')
    return of[index] as Value | undefined
  }
  if (!isMap(of)) return undefined
  if (typeof index !== 'string') throw failed('fields of a map are named by strings')
  return of[index]
}

function isIn(element: Value, of: Value): boolean {
  if (Array.isArray(of)) {
    for (const each of of) {
      spend(1)
      if (equals(element, each as Value)) return true
    }
    return false
  }
  if (isMap(of)) return typeof element === 'string' && (of as JsonObject)[element] !== undefined
  throw failed(`"in" takes a list or a map, not ${typeOf(of)}`)
}

/** A list whose elements are equal to nothing but themselves; undefined for any other. */
function simpleSet(list: Value): ReadonlySet<Value> | undefined {
  if (!Array.isArray(list)) return undefined
  const isSimple = list.every((element) => typeof element === 'string' || Number.isSafeInteger(element))
  return isSimple ? new Set<Value>(list as Value[]) : undefined
}

function truth(value: Value): boolean {
  if (typeof value === 'boolean') return value
  throw failed(`a condition is needed here, not ${typeOf(value)}`)
}

function isPlace({ op }: ASTNode): boolean {
  return op === 'id' || op === '.' || op === '[]'
}

function unknownFunction(name: string): string {
  return `there is no function "${name.slice(0, 100)}"`
}
