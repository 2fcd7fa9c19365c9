//! wasm-bindgen's glue without what only browsers older than our loader's syntax would need.

use anyhow::{Context, Result, bail};

/// Parts of the glue by how they begin and end, and what stands there instead.
const LEANER: &[(&str, &str, &str)] = &[
    // Strings are short: encoded in one go, without growing what was allocated for them.
    (
        "function passStringToWasm0(",
        "\n}\n",
        "function passStringToWasm0(arg) {
    const bytes = cachedTextEncoder.encode(arg);
    const ptr = wasm.__wbindgen_malloc(WASM_VECTOR_LEN = bytes.length, 1) >>> 0;
    getUint8ArrayMemory0().set(bytes, ptr);
    return ptr;
}

function giveString(to, ptr) {
    const memory = getDataViewMemory0();
    memory.setInt32((to >>> 0) + 4, WASM_VECTOR_LEN, true);
    memory.setInt32(to >>> 0, ptr, true);
}

function takeString(ret) {
    const text = getStringFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1], 1);
    return text;
}
",
    ),
    // Safari forgets how to decode after two gigabytes; a page does not come that far.
    ("cachedTextDecoder.decode();\nconst MAX_SAFARI_DECODE_BYTES", "\n}\n", ""),
    ("if (!('encodeInto' in cachedTextEncoder)) {", "\n}\n", ""),
    // Closures are freed by the Rust that owns them; what lives as long as its instance is freed with it.
    ("const CLOSURE_DTORS = ", "));\n", ""),
    ("\n            CLOSURE_DTORS.unregister(", ";", ""),
    ("\n    CLOSURE_DTORS.register(", ";", ""),
    ("    wasmInstance = instance;", "\n", "\n"),
    ("    wasmModule = module;", "\n", "\n"),
    (
        "    return decodeText(",
        "\n",
        "    return cachedTextDecoder.decode(getUint8ArrayMemory0().subarray(ptr, ptr + len));\n",
    ),
    ("    if (cachedUint8ArrayMemory0 === null || ", "{\n", "    if (!cachedUint8ArrayMemory0?.length) {\n"),
    // Memory grows and never shrinks: another buffer is all there is to see.
    (
        "    if (cachedDataViewMemory0 === null || ",
        "{\n",
        "    if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer) {\n",
    ),
];

/// How strings are handed back, and what is asked of the globals: said once, as every browser that reads our
/// syntax has `globalThis`, `Node`, `Object` and, on a page, `Window`.
const SHORTER: &[(&str, &str)] = &[
    (", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)", ")"),
    (
        "len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
",
        "len1 = giveString(arg0, ptr1);
",
    ),
    // In one expression, which a bundler leaves one.
    (
        "const ptr1 = passStringToWasm0(ret);
            const len1 = giveString(arg0, ptr1);",
        "giveString(arg0, passStringToWasm0(ret));",
    ),
    (
        "var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret);
            var len1 = giveString(arg0, ptr1);",
        "giveString(arg0, isLikeNone(ret) ? 0 : passStringToWasm0(ret));",
    ),
    // What a value is, asked once.
    (
        "const v = arg0;
            const ret = typeof(v) === 'boolean' ? v : undefined;
            return isLikeNone(ret) ? 0xFFFFFF : ret ? 1 : 0;",
        "return typeof arg0 === 'boolean' ? +arg0 : 0xFFFFFF;",
    ),
    (
        "const obj = arg1;
            const ret = typeof(obj) === 'number' ? obj : undefined;
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);",
        "const is = typeof arg1 === 'number';
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8, is ? arg1 : 0, true);
            getDataViewMemory0().setInt32(arg0 >>> 0, is, true);",
    ),
    (
        "const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            giveString(arg0, isLikeNone(ret) ? 0 : passStringToWasm0(ret));",
        "giveString(arg0, typeof arg1 === 'string' ? passStringToWasm0(arg1) : 0);",
    ),
    (
        "    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.choices();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
",
        "    return takeString(wasm.choices());
",
    ),
    (
        "getStringFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);",
        "takeString(ret);",
    ),
    (": function() { return handleError(function (", ": handleError(function ("),
    ("}, arguments); },", "}),"),
    (
        "function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}
",
        "function handleError(f) {
    return (...args) => {
        try {
            return f(...args);
        } catch (e) {
            wasm.__wbindgen_exn_store(addToExternrefTable0(e));
        }
    };
}
",
    ),
    (
        "let result;
            try {
                result = arg0 instanceof ",
        "const ret = arg0 instanceof ",
    ),
    (
        ";
            } catch (_) {
                result = false;
            }
            const ret = result;
",
        ";
",
    ),
    // MooTools puts a `Window` of its own in its place, of which the page's window is none.
    ("arg0 instanceof Window", "arg0 === globalThis"),
];

const NOBODY: &str = "return 0;";

/// The glue, leaner. An error when wasm-bindgen writes it otherwise than is known here.
pub fn lean(glue: &str) -> Result<String> {
    let mut glue = glue.to_owned();
    for (long, short) in SHORTER {
        glue = shorter(&glue, long, short)?;
    }
    // The first answers; the others, for where there is none, are never asked.
    for (name, instead) in [
        ("globalThis", "return addToExternrefTable0(globalThis);"),
        ("global", NOBODY),
        ("self", NOBODY),
        ("window", NOBODY),
    ] {
        let asked = format!(
            "const ret = typeof {name} === 'undefined' ? undefined : {name};
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);"
        );
        glue = shorter(&glue, &asked, instead)?;
    }
    for (begins, ends, instead) in LEANER {
        let changed = || format!("wasm-bindgen's glue has changed: there is no `{begins}`");
        let (before, rest) = glue.split_once(begins).with_context(changed)?;
        let (_, after) = rest.split_once(ends).with_context(changed)?;
        glue = [before, instead, after].concat();
    }
    Ok(without_frees(&glue))
}

fn shorter(glue: &str, long: &str, short: &str) -> Result<String> {
    if !glue.contains(long) {
        bail!("wasm-bindgen's glue has changed: there is no `{long}`");
    }
    Ok(glue.replace(long, short))
}

/// Strings that are handed over are freed there. Only a full memory makes handing over fail, and an
/// instance whose memory is full is dropped with all it holds.
fn without_frees(glue: &str) -> String {
    let mut out = String::with_capacity(glue.len());
    let mut rest = glue;
    while let Some((before, tried)) = rest.split_once("\n    try {\n        ptr0 = ") {
        let Some((body, after)) = tried.split_once("\n    } catch (e) {\n") else { break };
        let Some((_, after)) = after.split_once("\n        throw e;\n    }\n") else { break };
        out.push_str(before);
        out.push_str("\n        ptr0 = ");
        out.push_str(body);
        out.push('\n');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glue_that_is_not_the_known_one_is_refused() {
        assert!(lean("export function start() {}\n").is_err());
    }

    #[test]
    fn what_is_freed_on_failure_goes_and_nothing_else() {
        let glue = "f() {\n    let ptr0;\n    try {\n        ptr0 = pass(a);\n    } catch (e) {\n        if (ptr0) { free(ptr0); }\n        throw e;\n    }\n    g(ptr0);\n    try {\n        h();\n    } finally {}\n}\n";
        assert_eq!(
            without_frees(glue),
            "f() {\n    let ptr0;\n        ptr0 = pass(a);\n    g(ptr0);\n    try {\n        h();\n    } finally {}\n}\n"
        );
    }
}
