// Requests that wait for their answer: joins for the others, syncs for the leader. One per member.
//
// Nothing is decided here: after each change of the group `settle` asks what each one gets by now.

import type { MemberIdentity } from '../engine/group-service.js'

export interface Waiter<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

interface Held<Answer> {
  readonly identity: MemberIdentity
  readonly waiter: Waiter<Answer>
  /** Lets go of the signal. */
  readonly forget: () => void
}

export class HeldAnswers<Answer> {
  private readonly byMember = new Map<string, Held<Answer>>()

  has(memberId: string): boolean {
    return this.byMember.has(memberId)
  }

  /**
   * The waiter is called once, with the answer or the reason why there is none: `superseded` when the same member asks
   * again, the signal's own when it is aborted.
   */
  hold(identity: MemberIdentity, waiter: Waiter<Answer>, superseded: Error, signal: AbortSignal): void {
    const { memberId } = identity
    this.reject(memberId, superseded)
    if (signal.aborted) return waiter.reject(signal.reason)
    const abort = (): void => {
      if (this.byMember.get(memberId) === held) this.byMember.delete(memberId)
      waiter.reject(signal.reason)
    }
    const held: Held<Answer> = { identity, waiter, forget: () => signal.removeEventListener('abort', abort) }
    this.byMember.set(memberId, held)
    signal.addEventListener('abort', abort, { once: true })
  }

  /** Answers whom `answer` has something for; what it throws is an answer too. */
  settle(answer: (identity: MemberIdentity) => Answer | undefined): void {
    for (const [memberId, held] of this.byMember) {
      try {
        const found = answer(held.identity)
        if (found === undefined) continue
        this.byMember.delete(memberId)
        held.forget()
        held.waiter.resolve(found)
      } catch (error) {
        this.reject(memberId, error)
      }
    }
  }

  rejectAll(reason: unknown): void {
    for (const memberId of this.byMember.keys()) this.reject(memberId, reason)
  }

  private reject(memberId: string, reason: unknown): void {
    const held = this.byMember.get(memberId)
    if (held === undefined) return
    this.byMember.delete(memberId)
    held.forget()
    held.waiter.reject(reason)
  }
}
