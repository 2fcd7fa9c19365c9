// The seam between the loader (small, on every page) and the core (fetched on intent).

export interface Host {
  site: string;
  origin: string;
  /** Gives a root a style sheet: the one made before, or one made now. */
  style(root: ShadowRoot, css: string, made?: CSSStyleSheet): CSSStyleSheet | undefined;
  emit(name: 'ready' | 'choice' | 'saved' | 'diagnostic', detail: unknown, from?: EventTarget): void;
  diagnose(code: string, message: string, fix: string, from?: EventTarget): void;
  /** The shop's token for the person signed in; undefined when nobody is. */
  token(): unknown;
  /** What was told before is nobody's to hear any more. */
  leave(): void;
  /** The first card that somebody asked for: nothing personal is asked for before. */
  pressed: Promise<Spec>;
  /** Whether that card is still asked for. */
  wants(spec: Spec): boolean;
  /** Set by the core: somebody else may be at the page now. */
  changed?: () => void;
  /** Set where signals are heard: the page said who is there. */
  came?: () => void;
  /** The shop's own consent tool says no. */
  refuses?: boolean;
  /** The Wasm trapped; this instance will not answer any more. */
  died(cause: unknown): void;
}

/** What stood in the way of a card. `reachable`: the service answered, so its page can be opened instead. */
export interface Fault {
  code: string;
  message: string;
  fix: string;
  reachable?: boolean;
}

/** One element that wants its card shown. */
export interface Spec {
  kind: 'why' | 'ask' | 'choices';
  element: HTMLElement;
  root: ShadowRoot;
  lang: string;
  /** What the card hangs on, and where focus returns to. */
  anchor?: HTMLElement;
  /** Drawn where the element stands, not over the page. */
  inline?: boolean;
  closed(): void;
  failed(cause: Fault): void;
}

export interface Core {
  words(lang: string, messages: unknown): void;
  show(spec: Spec): Promise<void>;
  hide(element: HTMLElement): void;
  forget(): Promise<void>;
  /** The shop's own consent tool says no, or does not any more. */
  refuse(is: boolean, known?: boolean): Promise<boolean> | undefined;
  flush(): void;
  choices(): Promise<unknown>;
  /** Undefined: nobody was asked about yet. */
  allowed(purpose: string, source: string): boolean | undefined;
  subject(): string | null;
}
