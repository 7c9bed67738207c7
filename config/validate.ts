// Checks one document against the schema and gives every mistake at its place.

import { Ajv, type ValidateFunction } from 'ajv'
import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import type { Document, Values } from './document.js'
import { pipelineSchema, textFormats } from './pipeline-schema.js'
import type { Problem } from './problem.js'
import { schemaProblem } from './schema-messages.js'

/** Compiled once for a list of connectors; `validate` may be called for any number of documents. */
export class SchemaValidator {
  readonly #validate: ValidateFunction

  constructor(declarations: readonly ConnectorDeclaration[]) {
    // A file is checked once: code that is made faster would cost more than the check takes.
    const compiling = { code: { optimize: false } }
    const ajv = new Ajv({ allErrors: true, strict: true, discriminator: true, verbose: true, ...compiling })
    for (const [name, format] of Object.entries(textFormats)) {
      ajv.addFormat(name, { type: 'string', validate: format.accepts })
    }
    this.#validate = ajv.compile(pipelineSchema(declarations))
  }

  /** Whether the values have the shape that the schema says. */
  accepts(values: Values): boolean {
    return this.#validate(values)
  }

  /** Every mistake that the schema sees; none means that the values have the shape the schema says. */
  validate(document: Document): readonly Problem[] {
    if (this.#validate(document.values)) return []
    const problems = new Map<string, Problem>()
    for (const error of this.#validate.errors ?? []) {
      const problem = schemaProblem(document, error)
      // A secret breaks several rules of its schema at once: one message says it.
      if (problem !== undefined) problems.set(`${problem.path.join('\n')}\n${problem.message}`, problem)
    }
    return [...problems.values()]
  }
}
