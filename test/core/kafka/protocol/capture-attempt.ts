// One call of a client that is being recorded: what counts is the request, not how the call ends.

export async function attempt(call: () => unknown): Promise<void> {
  const limit = new Promise((resolve) => setTimeout(resolve, 2500))
  await Promise.race([Promise.resolve().then(call), limit]).catch(() => undefined)
}
