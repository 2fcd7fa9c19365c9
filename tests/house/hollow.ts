// A Wasm module whose every function traps: what a card does when its code stops.
// (W3C WebAssembly Core Specification, section 5.5: sections, and 5.5.13, code.)

const CODE = 10;
/** A function without locals: `unreachable`, `end`. */
const TRAP = [3, 0, 0x00, 0x0b];

export function hollow(wasm: Buffer): Buffer {
  const out = [...wasm.subarray(0, 8)];
  let at = 8;
  const number = (): number => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = wasm[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    return value;
  };
  while (at < wasm.length) {
    const from = at;
    const id = wasm[at++];
    const length = number();
    const begin = at;
    if (id === CODE) {
      const count = number();
      const bodies = [...leb128(count), ...Array.from({ length: count }, () => TRAP).flat()];
      out.push(CODE, ...leb128(bodies.length));
      for (const byte of bodies) out.push(byte);
    } else {
      for (const byte of wasm.subarray(from, begin + length)) out.push(byte);
    }
    at = begin + length;
  }
  return Buffer.from(out);
}

function leb128(value: number): number[] {
  const out: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value & 0x7f) | 0x80);
  return [...out, value];
}
