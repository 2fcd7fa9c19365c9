//! As much of the WebAssembly binary format as the build looks into
//! (W3C WebAssembly Core Specification, section 5).

use std::collections::HashSet;

use anyhow::{Context, Result};

const EXPORTS: u8 = 7;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;
const CUSTOM: u8 = 0;
/// A function without locals that traps: `unreachable`, `end`.
const HOLLOW: &[u8] = &[3, 0, 0x00, 0x0b];

/// One of a module's exports.
pub struct Export {
    pub name: String,
    /// Of the function, where it is one.
    pub function: Option<u32>,
}

/// A module's exports, read from the binary itself.
pub fn exports(wasm: &[u8]) -> Result<Vec<Export>> {
    let mut at = Cursor::section(wasm, EXPORTS)?;
    let count = at.number()?;
    (0..count)
        .map(|_| {
            let name = at.name()?;
            let kind = at.byte()?;
            let index = at.number()?;
            Ok(Export { name, function: (kind == 0).then_some(index) })
        })
        .collect()
}

/// The module with the body of every function whose name holds one of `parts` replaced by a trap,
/// so that what only they reach can be dropped although a table still holds them. Those in `kept` stay,
/// and what they are shims of.
pub fn hollow(wasm: &[u8], parts: &[&str], kept: &HashSet<u32>) -> Result<Vec<u8>> {
    let imported = imported_functions(wasm)?;
    let names = function_names(wasm)?;
    // What is exported may be a shim before the function itself: they share a name up to the shim's suffix.
    let own = |name: &str| name.split(" externref shim").next().unwrap_or_default().to_owned();
    let kept: HashSet<String> =
        names.iter().filter(|(index, _)| kept.contains(index)).map(|(_, name)| own(name)).collect();
    let wanted: HashSet<u32> = names
        .iter()
        .filter(|(_, name)| parts.iter().any(|part| name.contains(part)) && !kept.contains(&own(name)))
        .map(|(index, _)| *index)
        .collect();
    let mut at = Cursor::section(wasm, CODE)?;
    let start = at.at;
    let count = at.number()?;
    let mut code = leb128(count);
    for index in 0..count {
        let from = at.at;
        let length = at.number()? as usize;
        at.skip(length)?;
        if wanted.contains(&(imported + index)) {
            code.extend(HOLLOW);
        } else {
            code.extend(&wasm[from..at.at]);
        }
    }
    // The section's length stands right before it; nothing else refers to places in the file.
    let header = start - length_of_length(wasm, start)?;
    let mut out = wasm[..header].to_vec();
    out.extend(leb128(code.len() as u32));
    out.extend(code);
    out.extend(&wasm[at.at..]);
    Ok(out)
}

/// The module without its custom sections: no engine needs one.
pub fn without_custom(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut at = Cursor { bytes: wasm, at: 0 };
    at.skip(8)?;
    let mut out = wasm[..8].to_vec();
    while at.at < wasm.len() {
        let from = at.at;
        let id = at.byte()?;
        let length = at.number()? as usize;
        at.skip(length)?;
        if id != CUSTOM {
            out.extend(&wasm[from..at.at]);
        }
    }
    Ok(out)
}

/// How many functions the module imports, and the bodies of its own, in their order.
pub fn functions(wasm: &[u8]) -> Result<(u32, Vec<&[u8]>)> {
    let mut at = Cursor::section(wasm, CODE)?;
    let bodies = (0..at.number()?).map(|_| {
        let length = at.number()? as usize;
        let from = at.at;
        at.skip(length)?;
        Ok(&wasm[from..at.at])
    });
    Ok((imported_functions(wasm)?, bodies.collect::<Result<_>>()?))
}

/// The module with these names of functions, by their index, and no other custom section.
pub fn named(wasm: &[u8], names: &[(u32, String)]) -> Result<Vec<u8>> {
    let mut map = leb128(names.len() as u32);
    for (index, name) in names {
        map.extend(leb128(*index));
        map.extend(leb128(name.len() as u32));
        map.extend(name.as_bytes());
    }
    let mut section = b"\x04name\x01".to_vec();
    section.extend(leb128(map.len() as u32));
    section.extend(map);
    let mut out = without_custom(wasm)?;
    out.push(CUSTOM);
    out.extend(leb128(section.len() as u32));
    out.extend(section);
    Ok(out)
}

fn imported_functions(wasm: &[u8]) -> Result<u32> {
    let mut at = Cursor::section(wasm, IMPORTS)?;
    let mut functions = 0;
    for _ in 0..at.number()? {
        at.name()?;
        at.name()?;
        match at.byte()? {
            0 => {
                at.number()?;
                functions += 1;
            }
            1 => {
                at.byte()?;
                at.limits()?;
            }
            2 => at.limits()?,
            3 => at.skip(2)?,
            other => anyhow::bail!("an import of kind {other} is unknown here"),
        }
    }
    Ok(functions)
}

/// What the name section calls the functions.
fn function_names(wasm: &[u8]) -> Result<Vec<(u32, String)>> {
    let mut at = Cursor { bytes: wasm, at: 8 };
    while at.at < wasm.len() {
        let id = at.byte()?;
        let end = at.number()? as usize + at.at;
        if id == CUSTOM && at.name()? == "name" {
            while at.at < end {
                let (kind, length) = (at.byte()?, at.number()? as usize);
                if kind == 1 {
                    let count = at.number()?;
                    return (0..count).map(|_| Ok((at.number()?, at.name()?))).collect();
                }
                at.skip(length)?;
            }
        }
        at.at = end;
    }
    Ok(Vec::new())
}

/// How many bytes the LEB128 number that ends at `end` and says how much follows takes.
fn length_of_length(wasm: &[u8], end: usize) -> Result<usize> {
    let mut at = Cursor { bytes: wasm, at: 8 };
    loop {
        at.byte()?;
        let from = at.at;
        let length = at.number()? as usize;
        if at.at == end {
            return Ok(end - from);
        }
        at.skip(length)?;
    }
}

fn leb128(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn section(wasm: &'a [u8], wanted: u8) -> Result<Self> {
        let mut at = Cursor { bytes: wasm, at: 8 };
        loop {
            let id = at.byte()?;
            let length = at.number()? as usize;
            if id == wanted {
                return Ok(at);
            }
            at.at += length;
        }
    }
    fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.at).copied().context("the Wasm ends early")?;
        self.at += 1;
        Ok(byte)
    }
    fn skip(&mut self, length: usize) -> Result<()> {
        self.at += length;
        if self.at > self.bytes.len() {
            anyhow::bail!("the Wasm ends early");
        }
        Ok(())
    }
    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Ok(())
    }
    /// Unsigned LEB128.
    fn number(&mut self) -> Result<u32> {
        let (mut value, mut shift) = (0u32, 0);
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
    }
    fn name(&mut self) -> Result<String> {
        let length = self.number()? as usize;
        let bytes = self.bytes.get(self.at..self.at + length).context("the Wasm ends early")?;
        self.at += length;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(import "m" "f" (func)) (func $a …) (func $b …)`, with names.
    fn small() -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([1, 4, 1, 0x60, 0, 0]);
        wasm.extend([2, 7, 1, 1, b'm', 1, b'f', 0, 0]);
        wasm.extend([3, 3, 2, 0, 0]);
        wasm.extend([10, 9, 2, 3, 0, 0x01, 0x0b, 3, 0, 0x01, 0x0b]);
        wasm.extend([0, 21, 4]);
        wasm.extend(b"name");
        wasm.extend([1, 14, 3, 0, 1, b'f', 1, 3, b'o', b'l', b'd', 2, 3, b'n', b'e', b'w']);
        wasm
    }

    #[test]
    fn only_functions_of_that_name_become_traps() {
        let wasm = small();
        let hollowed = hollow(&wasm, &["old"], &HashSet::new()).unwrap();
        let code = [10, 9, 2, 3, 0, 0x00, 0x0b, 3, 0, 0x01, 0x0b];
        assert!(hollowed.windows(code.len()).any(|part| part == code));
        assert_eq!(hollow(&wasm, &["nobody"], &HashSet::new()).unwrap(), wasm);
        assert_eq!(hollow(&wasm, &["old"], &HashSet::from([1])).unwrap(), wasm, "what is called stays");
    }

    #[test]
    fn functions_are_found_and_named_anew() {
        let wasm = small();
        let body: &[u8] = &[0, 0x01, 0x0b];
        assert_eq!(functions(&wasm).unwrap(), (1, vec![body, body]));
        let names = vec![(1, "b".to_owned()), (2, "a".to_owned())];
        let renamed = named(&wasm, &names).unwrap();
        assert_eq!(function_names(&renamed).unwrap(), names);
        assert_eq!(without_custom(&renamed).unwrap(), without_custom(&wasm).unwrap());
    }

    #[test]
    fn custom_sections_go_and_the_others_stay() {
        let wasm = small();
        let names = wasm.windows(4).position(|part| part == b"name").unwrap() - 3;
        let bare = &wasm[..names];
        assert_eq!(without_custom(&wasm).unwrap(), bare);
        assert_eq!(without_custom(&[&bare[..8], &wasm[names..], &bare[8..]].concat()).unwrap(), bare);
        assert!(without_custom(&wasm[..wasm.len() - 1]).is_err());
    }
}
