// One preview in Wasm: 500 candidates, 8 personal sources.
import { readFile } from 'node:fs/promises';
import { open, say } from './browser.mjs';

const [file] = process.argv.slice(2);
const wasm = (await readFile(file)).toString('base64');
const browser = await open();
const page = await browser.newPage();
const answer = await page.evaluate(async (text) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { candidates, sources, preview } = instance.exports;
  for (let round = 0; round < 50; round++) preview(1 << round % 8);
  let changed = 0;
  const began = performance.now();
  for (let round = 0; round < 200; round++) changed += preview(1 << round % 8);
  const mean = (performance.now() - began) / 200;
  return { mean, changed, candidates: candidates(), sources: sources() };
}, wasm);
await browser.close();
say(answer);
