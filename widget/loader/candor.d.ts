// What candor.js gives a page.

export interface Control {
  choice: 'granted' | 'denied' | 'unset';
  rev: number;
  left_out?: string[];
}

export interface Choices {
  epoch: string;
  rev: number;
  controls: Record<string, Control>;
}

export interface CandorEvents {
  'candor:ready': { version: string };
  'candor:choice': {
    control: string;
    datum?: string;
    choice: 'granted' | 'denied' | 'unset';
    cause: 'stored' | 'customer' | 'tab' | 'other-device' | 'signal';
  };
  /** Fetch the list again on `saved`. */
  'candor:saved': { decision: string; status: 'local' | 'saved' | 'superseded' | 'refused' };
  'candor:diagnostic': { code: string; message: string; fix: string };
}

export interface Candor {
  /** What stands. */
  choices(): Promise<Choices>;
  /** Whether a source may be used; false while unknown. Your server asks the service, not this. */
  allowed(purpose: string, source: string): boolean;
  subject(): string | null;
  /** Opens a card (`why`, with its recommendation) or the choices. */
  open(what: 'why' | 'choices', id?: string): boolean;
  close(): void;
  /** Called for the shop's token of the person signed in, when it is first needed and when it has run out. Null: nobody is. */
  identify(getToken: (() => string | null | Promise<string | null>) | null): void;
  /**
   * Removes what this device keeps, at once, and the anonymous subject with it. Whoever is next at it starts anew.
   * Where the service cannot erase it just now, its capability alone stays until a later page has had it erased.
   * Rejects where the rest of Candor cannot be fetched; the device is cleared all the same.
   */
  forget(): Promise<void>;
  /** Late listeners are told what they missed of whoever is at the page now. */
  on<N extends keyof CandorEvents>(name: N, fn: (detail: CandorEvents[N]) => void): void;
  push(...calls: [name: string, ...args: unknown[]][]): void;
}

declare global {
  interface Window {
    candor: Candor | [name: string, ...args: unknown[]][];
  }
  interface DocumentEventMap {
    'candor:ready': CustomEvent<CandorEvents['candor:ready']>;
    'candor:choice': CustomEvent<CandorEvents['candor:choice']>;
    'candor:saved': CustomEvent<CandorEvents['candor:saved']>;
    'candor:diagnostic': CustomEvent<CandorEvents['candor:diagnostic']>;
  }
}
