// Hears the service: the data of server-sent events, as they come. Fetched when a card that wants them is open.

/** Between the end of one line and the next, twice as long each time, until one brings something; in milliseconds. */
const LEAST = 5_000;
const MOST = 300_000;
let wait = LEAST;

/** Until the page ends it. Where the service or the network does, the page asks `again` after a while. */
export async function hear(url: string, body: object, signal: AbortSignal, heard: (data: string) => void, again: () => unknown): Promise<void> {
  const told = (data: string): void => ((wait = LEAST), heard(data));
  await listen(url, body, signal, told).catch(() => {});
  await new Promise((go) => setTimeout(go, wait * (1 + Math.random())));
  wait = Math.min(2 * wait, MOST);
  if (!signal.aborted) again();
}

async function listen(url: string, body: object, signal: AbortSignal, heard: (data: string) => void): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    signal,
  });
  const reader = answer.ok && answer.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let held = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += decoder.decode(value, { stream: true });
    const parts = held.split('\n\n');
    held = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: ?(.*)$/m.exec(part)?.[1];
      if (data) heard(data);
    }
  }
}
