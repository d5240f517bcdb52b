/** `@millrace/client/rxjs`: topics as Observables. Needs rxjs, which the rest of the client does not. */
export { type FromTopicOptions, fromTopic, type ReceivedRecord } from './from-topic.ts'
export { type Delivered, type ToTopicOptions, toTopic } from './to-topic.ts'
