//! What the loader lends us: who we are to the service, and the page's ears.

use candor_protocol::write::Object;
use wasm_bindgen::prelude::*;

use crate::node::parse;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    pub type Host;
    #[wasm_bindgen(method, getter)]
    pub fn site(this: &Host) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn origin(this: &Host) -> String;
    #[wasm_bindgen(method)]
    fn emit(this: &Host, name: &str, detail: &JsValue, from: &JsValue);
    #[wasm_bindgen(method)]
    pub fn diagnose(this: &Host, code: &str, message: &str, fix: &str);
    /// The shop's token, a promise of it, or nothing.
    #[wasm_bindgen(method, catch)]
    pub fn token(this: &Host) -> Result<JsValue, JsValue>;
    /// Opens the panel of choices.
    #[wasm_bindgen(method)]
    pub fn panel(this: &Host);
    /// Hands a file to the person.
    #[wasm_bindgen(method)]
    pub fn download(this: &Host, name: &str, text: &str);
}

impl Host {
    /// An event on the page; `from` is the element it concerns.
    pub fn tell(&self, name: &str, detail: Object, from: Option<&web_sys::Element>) {
        let Some(detail) = parse(&detail.end()) else { return };
        self.emit(name, &detail, &from.map_or(JsValue::UNDEFINED, JsValue::from));
    }
}
