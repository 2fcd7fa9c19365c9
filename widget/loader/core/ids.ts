// Names made here. They are names, not secrets; capabilities are the service's.

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(16));

/** `dev_` and 128 random bits. */
export const deviceId = (): string => 'dev_' + hex(random());

/** A UUID version 7 with 74 random bits (RFC 9562, section 5.7). */
export function decisionId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const chance = hex(random());
  const variant = ((parseInt(chance[3]!, 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(4, 7)}-${chance.slice(7, 19)}`;
}
