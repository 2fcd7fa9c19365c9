// What this device keeps, as far as it is asked for before the rest is there.

/** What stands under a key of this site's; nothing where storage is blocked. */
export function kept(site: string, key: string): string | null {
  try {
    return localStorage.getItem(`candor:${site}:${key}`);
  } catch {
    return null;
  }
}

/**
 * Whether the asking about a control rests: it was refused on this device while nobody was known, which
 * binds the device whoever signs in, or was asked about and answered; and the time has not come.
 */
export const rests = (control: string, get: (key: string) => string | null | undefined): boolean =>
  `${get('refused')} ${get('asked')}`.split(' ').includes(control) && !(Date.now() > Number(get('ask-after') ?? NaN));
