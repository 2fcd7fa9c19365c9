// Names made here. They are names, not secrets; capabilities are the service's.

// Old libraries put an `Array.from` of their own in its place, which maps nothing.
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(16));

/** `dev_` and 128 random bits. */
export const deviceId = (): string => 'dev_' + hex(random());

/** A UUID version 7 with 74 random bits (RFC 9562, section 5.7). */
export function decisionId(): string {
  const bytes = random();
  for (let at = 5, time = Date.now(); at >= 0; at--, time /= 256) bytes[at] = time;
  bytes[6] = (bytes[6]! & 15) | 112;
  bytes[8] = (bytes[8]! & 63) | 128;
  return hex(bytes).replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
