//! What the page's drivers lend us: storage, the network, the browser's own
//! knowledge of languages, and the page's ears. They are TypeScript
//! (`loader/core/`), which says the same in a quarter of the bytes.

use candor_protocol::write::Object;
use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    pub type Host;
    /// Publishable key; empty on a page that needs no service.
    #[wasm_bindgen(method, getter)]
    pub fn site(this: &Host) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn origin(this: &Host) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn device(this: &Host) -> String;
    /// The browser sends Global Privacy Control.
    #[wasm_bindgen(method, getter)]
    pub fn gpc(this: &Host) -> bool;
    #[wasm_bindgen(method)]
    fn tell(this: &Host, name: &str, detail: &str);
    #[wasm_bindgen(method)]
    pub fn diagnose(this: &Host, code: &str, message: &str, fix: &str);
    /// A UUID version 7 with 74 random bits.
    #[wasm_bindgen(method)]
    pub fn id(this: &Host) -> String;

    #[wasm_bindgen(method)]
    pub fn kept(this: &Host, key: &str) -> String;
    /// The number that the next decision in this outbox gets.
    #[wasm_bindgen(method)]
    pub fn next(this: &Host, of: &str) -> f64;
    /// Whether it will still be there when the page is gone.
    #[wasm_bindgen(method)]
    pub fn set(this: &Host, key: &str, value: &str) -> bool;
    #[wasm_bindgen(method)]
    pub fn remove(this: &Host, key: &str);

    /// Finds out who it is; [`crate::known`] or [`crate::unknown`] is called then.
    #[wasm_bindgen(method)]
    pub fn person(this: &Host);
    /// A new capability, then [`crate::event`] with `flush`.
    #[wasm_bindgen(method)]
    pub fn renew(this: &Host);
    /// Decisions to the service; [`crate::answered`] or [`crate::failed`] is called then.
    #[wasm_bindgen(method)]
    pub fn send(this: &Host, decisions: &str, keepalive: bool, grants: bool);
    /// What the last answer says that stands against a grant, without a datum of the whole control. The
    /// place, counted from 1 in the order of [`candor_protocol::Place`], plus 8 where the terms changed;
    /// with `when` its moment in ms, NaN where none is told.
    #[wasm_bindgen(method)]
    pub fn against(this: &Host, control: &str, datum: &str, when: bool) -> f64;
    /// The other tabs of this browser hear what stands.
    #[wasm_bindgen(method)]
    pub fn share(this: &Host, choices: &str);
    /// What a person asked for on a card that only a driver can do.
    #[wasm_bindgen(method)]
    pub fn act(this: &Host, name: &str, element: &Element, detail: &str);
    /// What the browser knows of a language.
    #[wasm_bindgen(method)]
    pub fn tongue(this: &Host, language: &str) -> Tongue;

    /// One language's plurals, numbers, dates and lists: `Intl`.
    pub type Tongue;
    #[wasm_bindgen(method)]
    pub fn plural(this: &Tongue, n: f64, ordinal: bool) -> String;
    #[wasm_bindgen(method)]
    pub fn number(this: &Tongue, value: f64, digits: u8) -> String;
    #[wasm_bindgen(method)]
    pub fn money(this: &Tongue, amount: &str, currency: &str) -> String;
    #[wasm_bindgen(method)]
    pub fn date(this: &Tongue, ms: f64, exact: bool) -> String;
    /// Entries are parted by U+001F, which no text of ours holds.
    #[wasm_bindgen(method)]
    pub fn list(this: &Tongue, entries: &str) -> String;
}

impl Host {
    /// An event on the page.
    pub fn announce(&self, name: &str, detail: Object) {
        self.tell(name, &detail.end());
    }
}
