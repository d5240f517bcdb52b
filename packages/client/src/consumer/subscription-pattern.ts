/**
 * A pattern in RE2 syntax that the coordinator matches with the names of topics (KIP-848), so that no member has to know
 * all of them. Needs `group.protocol` consumer and Apache Kafka 4.0 or our broker; a `RegExp` is matched here.
 */
export class SubscriptionPattern {
  constructor(readonly pattern: string) {}
}
