//! A JavaScript value read as a document: what `JSON.parse` gave, own fields only.

use std::cell::RefCell;

use candor_protocol::{Node, NodeKind};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A value, by its place on a shelf. A number is copied and dropped for nothing,
/// which the readers, who pass nodes about at every step, repay in size.
#[derive(Clone, Copy)]
pub struct Js(usize);

thread_local! {
    static HELD: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
}

/// Reads a value, and lets go of all that was looked at on the way.
pub fn read<T>(value: JsValue, read: impl FnOnce(Js) -> T) -> T {
    let before = HELD.with_borrow(Vec::len);
    let result = read(Js::hold(value));
    HELD.with_borrow_mut(|held| held.truncate(before));
    result
}

impl Js {
    fn hold(value: JsValue) -> Self {
        HELD.with_borrow_mut(|held| {
            held.push(value);
            Js(held.len() - 1)
        })
    }

    fn value(self) -> JsValue {
        HELD.with_borrow(|held| held.get(self.0).cloned()).unwrap_or_default()
    }

    /// What a list of this name holds; nothing where there is none.
    #[inline(never)]
    pub fn items_of(self, key: &str) -> Vec<Js> {
        self.get(key).map(Js::items).unwrap_or_default()
    }

    #[inline(never)]
    pub fn items(self) -> Vec<Js> {
        let mut items = Vec::new();
        for index in 0..self.len() {
            items.extend(self.at(index));
        }
        items
    }

    pub fn text_of(self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }
}

impl Node for Js {
    fn kind(&self) -> NodeKind {
        let value = self.value();
        if value.is_string() {
            NodeKind::Text
        } else if Array::is_array(&value) {
            NodeKind::List
        } else if value.is_object() {
            NodeKind::Map
        } else if value.as_f64().is_some() {
            NodeKind::Number
        } else if value.as_bool().is_some() {
            NodeKind::Boolean
        } else {
            NodeKind::Null
        }
    }

    fn boolean(&self) -> Option<bool> {
        self.value().as_bool()
    }

    fn number(&self) -> Option<f64> {
        self.value().as_f64()
    }

    fn text(&self) -> Option<String> {
        self.value().as_string()
    }

    fn len(&self) -> usize {
        self.value().dyn_ref::<Array>().map_or(0, |list| list.length() as usize)
    }

    fn at(&self, index: usize) -> Option<Self> {
        let value = self.value();
        let list = value.dyn_ref::<Array>()?;
        let index = u32::try_from(index).ok()?;
        (index < list.length()).then(|| Js::hold(list.get(index)))
    }

    fn get(&self, key: &str) -> Option<Self> {
        let value = self.value();
        let map = value.dyn_ref::<Object>()?;
        let key = JsValue::from_str(key);
        // A page's polyfill on Object.prototype is no field of a document.
        if !Object::has_own(map, &key) {
            return None;
        }
        Reflect::get(map, &key).ok().map(Js::hold)
    }

    fn keys(&self) -> Vec<String> {
        let value = self.value();
        let Some(map) = value.dyn_ref::<Object>() else { return Vec::new() };
        Object::keys(map).iter().filter_map(|key| key.as_string()).collect()
    }
}
