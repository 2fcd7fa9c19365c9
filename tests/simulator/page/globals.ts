// The plain parts of a browser: timers, listeners, an abort, a clock, an element.

type Native = (...args: any[]) => any;
declare const native: Record<string, Native>;

interface Timer {
  id: number;
  at: number;
  work: Native;
  args: unknown[];
}

/** By the true time, which no wrong clock moves. */
export class Timers {
  /** The soonest last; of two at the same time the one that was set first. */
  private due: Timer[] = [];
  private last = 0;

  constructor(private page: number) {}

  set = (work: Native, ms = 0, ...args: unknown[]): number => {
    const at = native.time!() + Math.max(ms, 0);
    const { due } = this;
    let place = due.length;
    while (place && due[place - 1]!.at <= at) place--;
    due.splice(place, 0, { id: ++this.last, at, work, args });
    if (place === due.length - 1) this.tell();
    return this.last;
  };

  clear = (id: number | undefined): void => {
    const place = this.due.findIndex((one) => one.id === id);
    if (place < 0) return;
    this.due.splice(place, 1);
    if (place === this.due.length) this.tell();
  };

  /** Runs the one that is due first; false: none is. */
  fire(): boolean {
    const first = this.due.at(-1);
    if (!first || first.at > native.time!()) return false;
    this.due.pop();
    this.tell();
    first.work(...first.args);
    return true;
  }

  /** From when on it is worth coming by. */
  private tell(): void {
    native.due!(this.page, this.due.at(-1)?.at ?? Infinity);
  }
}

export class Listeners {
  private heard: { name: string; hear: Native }[] = [];

  add = (name: string, hear: Native, how?: { signal?: { addEventListener(name: string, hear: Native): void } }): void => {
    const one = { name, hear };
    this.heard.push(one);
    how?.signal?.addEventListener('abort', () => (this.heard = this.heard.filter((other) => other !== one)));
  };

  tell(name: string, event: object): void {
    for (const one of [...this.heard]) if (one.name === name) one.hear(event);
  }
}

export class Abort {
  readonly signal = {
    aborted: false,
    heard: [] as Native[],
    addEventListener(_: string, hear: Native) {
      this.heard.push(hear);
    },
  };

  abort(): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    for (const hear of this.signal.heard) hear();
  }
}

/** `Date` by a clock that may be wrong. */
export const Clock = (now: () => number): DateConstructor =>
  class extends Date {
    constructor(...args: [] | [number]) {
      if (args.length) super(...args);
      else super(now());
    }
    static override now(): number {
      return now();
    }
  } as DateConstructor;

export const element = (): object => ({
  dataset: {},
  style: {},
  isConnected: true,
  activeElement: null,
  getAttribute: () => null,
  querySelector: () => null,
  querySelectorAll: () => [],
  addEventListener() {},
  append() {},
  remove() {},
  focus() {},
});
