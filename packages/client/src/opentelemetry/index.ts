/** `@millrace/client/opentelemetry`: traces through Kafka. Needs `@opentelemetry/api`, which the rest of the client does not. */
export { openTelemetryTracing } from './open-telemetry-tracing.ts'
