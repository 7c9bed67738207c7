// Subjects made of a template such as `orders.{key}`, and which subjects a message may be published to.

const names = ['topic', 'partition', 'key'] as const
type Name = (typeof names)[number]

interface SubjectParts {
  /** Text and names by turns, text first. */
  readonly parts: readonly string[]
  readonly problem: string | undefined
}

export function subjectParts(template: string): SubjectParts {
  const parts = template.split(/\{([^{}]*)\}/)
  const unknown = parts.find((part, index) => index % 2 === 1 && !(names as readonly string[]).includes(part))
  if (unknown !== undefined) return { parts, problem: `{${unknown}} is unknown: there are {topic}, {partition}, {key}` }
  const filled = parts.map((part, index) => (index % 2 === 1 ? 'x' : part)).join('')
  return { parts, problem: isSubject(filled) ? undefined : 'is no subject: tokens are parted by single dots' }
}

export function fillSubject({ parts }: SubjectParts, values: Readonly<Record<Name, string>>): string {
  return parts.map((part, index) => (index % 2 === 1 ? values[part as Name] : part)).join('')
}

/** A subject to publish to: no empty token, no wildcard, no white space or control character, not one of the server's. */
export function isSubject(subject: string): boolean {
  return /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(subject) && !subject.startsWith('$')
}
