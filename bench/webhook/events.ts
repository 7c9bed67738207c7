// What is sent: events as services send them as webhooks, about 200 bytes each.

export function eventBody(index: number): string {
  return JSON.stringify({
    id: `evt_${String(index).padStart(12, '0')}`,
    type: 'order.paid',
    created: 1_763_877_600 + index,
    order: { number: 100_000 + index, currency: 'EUR', amount: (index * 7_919) % 100_000, items: (index % 7) + 1 },
    customer: `cus_${(index * 31) % 9_973}`,
    livemode: true,
  })
}

/** As the sink has them, but for what is different in each request. */
export const fixedHeaders = {
  'user-agent': 'tailrace',
  'content-type': 'application/json',
  'webhook-timestamp': '1763877600',
}
