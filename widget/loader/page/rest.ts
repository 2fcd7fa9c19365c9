// When a question that was answered here may be asked again.

/**
 * Whether the asking about a control rests: it was refused on this device while nobody was known, which
 * binds the device whoever signs in, or was asked about and answered; and the time has not come.
 */
export const rests = (control: string, get: (key: string) => string | null | undefined): boolean =>
  `${get('refused')} ${get('asked')}`.split(' ').includes(control) && !(Date.now() > +(get('ask-after') ?? NaN));
