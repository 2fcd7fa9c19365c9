// Whose something on this device is, told without keeping who they are.

import { parse } from '../core/shelf';

/**
 * Tells one person's tokens from another's: FNV-1a (Fowler, Noll, Vo; 32 bits) of the device's name and the claim
 * `sub`. `anon` for nobody. A token that is no JWT is like no other.
 */
export function mark(token: unknown, device: string | null | undefined): string {
  if (!token) return 'anon';
  let sub: unknown;
  try {
    sub = parse(atob(String(token).split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))?.sub;
  } catch {
    // Not for us to judge: the service will.
  }
  return String([...`${device} ${sub}`].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193), 0x811c9dc5 | 0));
}
