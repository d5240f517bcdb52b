/** How this client introduces itself to brokers (KIP-511): letters, digits, `.` and `-` only. */
export const CLIENT_SOFTWARE = { name: 'millrace', version: '0.1.0' } as const
