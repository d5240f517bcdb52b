import { defineConfig, list, oneOf, password, text } from '@millrace/protocol'

/** How a client proves who it is and whether it speaks TLS. Names are Kafka's; `sasl.username` and `sasl.password` are librdkafka's. */
export const SECURITY_CONFIG = defineConfig({
  'security.protocol': {
    type: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    default: 'PLAINTEXT',
    doc: 'What the listener of the brokers speaks: TLS or not, SASL or not.',
  },
  'sasl.mechanism': {
    type: text(),
    default: 'GSSAPI',
    doc: 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; any other name needs the option saslClient.',
  },
  'sasl.username': { type: text(), default: '', doc: 'For PLAIN and SCRAM.' },
  'sasl.password': { type: password(), default: '', doc: 'For PLAIN and SCRAM.' },
  'sasl.jaas.config': {
    type: password(),
    default: '',
    doc: 'Another way to write username and password, as Java clients have it: `… required username="u" password="p";`.',
  },
  'ssl.truststore.type': {
    type: oneOf('PEM'),
    default: 'PEM',
    doc: 'Only PEM: convert JKS and PKCS12 stores with keytool and openssl.',
  },
  'ssl.truststore.certificates': {
    type: text(),
    default: '',
    doc: 'Certificates of the authorities to trust, PEM. Without them those that come with Node are trusted.',
  },
  'ssl.truststore.location': { type: text(), default: '', doc: 'A file with these certificates.' },
  'ssl.keystore.type': {
    type: oneOf('PEM', 'PKCS12'),
    default: 'PEM',
    doc: 'What ssl.keystore.location holds: certificate chain and key as PEM, or a PKCS #12 store.',
  },
  'ssl.keystore.certificate.chain': {
    type: text(),
    default: '',
    doc: 'The certificate of this client with its chain, PEM, for brokers that ask for one.',
  },
  'ssl.keystore.key': { type: password(), default: '', doc: 'The private key that belongs to it, PEM.' },
  'ssl.keystore.location': { type: text(), default: '', doc: 'A file with certificate chain and key.' },
  'ssl.keystore.password': { type: password(), default: '', doc: 'Of a PKCS #12 store.' },
  'ssl.key.password': { type: password(), default: '', doc: 'Of an encrypted private key.' },
  'ssl.endpoint.identification.algorithm': {
    type: oneOf('https', ''),
    default: 'https',
    doc: 'https: the certificate of a broker has to name the host it was reached by. Empty: any trusted certificate will do.',
  },
  'ssl.enabled.protocols': {
    type: list('TLSv1.2', 'TLSv1.3'),
    default: ['TLSv1.2', 'TLSv1.3'],
    doc: 'Versions of TLS to offer.',
  },
  'ssl.cipher.suites': {
    type: list(),
    default: [],
    doc: "Cipher suites to offer, by OpenSSL's names; Node's choice by default.",
  },
})
