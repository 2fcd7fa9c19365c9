// What the browser knows of a language; plain text where it knows nothing.

export interface Tongue {
  plural(n: number, ordinal: boolean): string;
  number(value: number, digits: number): string;
  money(amount: string, currency: string): string;
  /** `exact`: with the time of day, where the person is. */
  date(ms: number, exact: boolean): string;
  list(entries: string): string;
}

export function tongue(language: string): Tongue {
  const or = <T>(make: () => T, plain: T): T => {
    try {
      return make();
    } catch {
      return plain;
    }
  };
  const number = (value: number, options: Intl.NumberFormatOptions, plain: string) =>
    or(() => new Intl.NumberFormat(language, options).format(value), plain);
  return {
    plural: (n, ordinal) => or(() => new Intl.PluralRules(language, ordinal ? { type: 'ordinal' } : {}).select(n), 'other'),
    number: (value, maximumFractionDigits) => number(value, { maximumFractionDigits }, String(value)),
    money(amount, currency) {
      const plain = amount + ' ' + currency;
      // As a number where that is what it is; a shop's odd price is shown as it came.
      return /^-?\d+(\.\d+)?$/.test(amount) ? number(Number(amount), { style: 'currency', currency }, plain) : plain;
    },
    date: (ms, exact) =>
      or(() => new Intl.DateTimeFormat(language, { dateStyle: 'long', ...(exact ? { timeStyle: 'short' } : { timeZone: 'UTC' }) }).format(ms), ''),
    list(entries) {
      const all = entries.split('\x1f');
      return or(() => new Intl.ListFormat(language).format(all), all.join(', '));
    },
  };
}
