// What a card offers beyond its switches: its second layer, the record, the access file, a word to the shop.
// Fetched when one of them is pressed.

import type { Answer, How } from '../core/net';
import type { Person, Session } from '../core/person';

export interface Ways {
  /** Empty where there is no service. */
  site: string;
  who: Pick<Person, 'find' | 'renew' | 'era'>;
  /** Of whoever pressed. */
  era: number;
  ask(path: string, body: object, as?: How['as']): Promise<Answer>;
  history(value: unknown, local: boolean): void;
  received(kind: string, id?: string): void;
  /** Where the card is drawn. */
  root?: ShadowRoot;
}

export async function act(name: string, detail: string, ways: Ways): Promise<void> {
  const stays = (): void => {
    if (ways.era !== ways.who.era) throw 0;
  };
  /** As whoever pressed, and nobody after them; where nobody is known only what needs nobody. */
  const ask = async (path: string, body?: object, as?: How['as']): Promise<Answer | undefined> => {
    // Who it is cannot be asked: a word to the shop goes all the same, their record is not anybody's.
    const unsure = (cause: unknown): undefined => {
      if (!body) throw cause;
    };
    const session = ways.site ? await ways.who.find().catch(unsure) : undefined;
    stays();
    const asked = (who?: Session): Promise<Answer> => ways.ask(path, { capability: who?.capability, ...body }, as);
    if (!session && !(ways.site && body)) return;
    let answer = await asked(session);
    // A clock here that is behind takes a capability for good that is not any more.
    const again = answer.status === 401 ? await ways.who.renew() : undefined;
    if (again) stays(), (answer = await asked(again));
    stays();
    return answer;
  };
  if (name === 'sources') {
    // The second layer, opened, with its first switch in focus and in sight.
    const layer = ways.root?.querySelector<HTMLDetailsElement>('details[data-layer=sources]');
    if (layer) layer.open = true;
    const first = layer?.querySelector<HTMLElement>('[role=switch]') ?? layer?.querySelector('summary');
    first?.focus();
    first?.scrollIntoView({ block: 'center' });
  } else if (name === 'feedback') {
    const said = JSON.parse(detail);
    const answer = await ask(name, said);
    const { id } = (answer?.value ?? {}) as { id?: unknown };
    ways.received(said.kind, typeof id === 'string' ? id : undefined);
  } else if (name === 'history') {
    const answer = await ask(name);
    ways.history(answer?.value, !answer);
  } else {
    // The access file, handed over as it came; without a service, what stands here.
    const answer = await ask(name, undefined, 'text');
    const text = answer ? answer.value : detail;
    if (typeof text !== 'string') return ways.history(undefined, false);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = 'my-choices.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 9_999);
  }
}
