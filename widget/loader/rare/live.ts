// The data of server-sent events, as they come. Fetched when a card that wants them is open.

export async function events(stream: ReadableStream<Uint8Array>, heard: (data: string) => void): Promise<void> {
  const reader = stream.getReader();
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
