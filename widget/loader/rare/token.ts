// What only the shop's developer is told: `getToken` did not say who is at the page, or what storage held was no decision.
// Fetched when that is so.

import type { Host } from '../core/types';

/**
 * What to tell the shop's developer: of a refusal's status, or, where `getToken` itself failed, of a silence, of what is
 * no token, of what was thrown. Where nobody was asked `cause` is a key of storage that held no decision.
 */
export function trouble(cause: unknown, asked: boolean | undefined, diagnose: Host['diagnose']): void {
  if (asked === undefined) return diagnose('unread', cause + ' was no decision and is gone.', 'Who writes there?');
  const held = 'Until then a refusal holds on this device, and nothing is granted.';
  if (!asked && (cause === 401 || cause === 403))
    return diagnose('token', `The service refuses the shop's token (${cause}), also when asked for a second time.`, `Sign a new one at each call: with a key of this site, aud its publishable key, exp at most five minutes ahead, a jti of its own. ${held}`);
  // No answer of the service, or somebody else came: that is no fault of the shop's.
  if (!asked) return;
  const what =
    cause === 'late' ? 'did not answer within ten seconds' : cause === 'wrong' ? 'answered something that is no text' : `failed: ${cause}`;
  diagnose('token', `getToken, given to identify(), ${what}.`, `Let it answer the token, or null where nobody is signed in. ${held}`);
}
