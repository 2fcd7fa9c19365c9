//! The browser's own knowledge of languages, as a [`Locale`].

use candor_protocol::Timestamp;
use candor_words::{Direction, Locale, Plural};
use js_sys::{Array, Date, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

pub struct Intl {
    language: String,
    cardinal: JsValue,
    ordinal: JsValue,
    dates: JsValue,
    lists: JsValue,
}

impl Intl {
    pub fn new(language: &str) -> Self {
        Intl {
            cardinal: make("PluralRules", language, &[]),
            ordinal: make("PluralRules", language, &[("type", "ordinal".into())]),
            dates: make(
                "DateTimeFormat",
                language,
                &[
                    ("day", "numeric".into()),
                    ("month", "long".into()),
                    ("year", "numeric".into()),
                    ("timeZone", "UTC".into()),
                ],
            ),
            lists: make("ListFormat", language, &[]),
            language: language.to_owned(),
        }
    }

    fn category(&self, rules: &JsValue, n: u64) -> Plural {
        call(rules, "select", &(n as f64).into()).and_then(|word| Plural::parse(&word)).unwrap_or(Plural::Other)
    }

    fn formatted(&self, value: &JsValue, options: &[(&str, JsValue)]) -> Option<String> {
        call(&make("NumberFormat", &self.language, options), "format", value)
    }
}

impl Locale for Intl {
    fn language(&self) -> &str {
        &self.language
    }

    fn direction(&self) -> Direction {
        let base = self.language.split('-').next().unwrap_or_default();
        match base {
            "ar" | "fa" | "he" | "ur" | "ps" | "sd" | "ug" | "yi" | "dv" | "ckb" => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }

    fn plural(&self, n: u64) -> Plural {
        self.category(&self.cardinal, n)
    }

    fn ordinal(&self, n: u64) -> Plural {
        self.category(&self.ordinal, n)
    }

    fn number(&self, value: f64, digits: u8) -> String {
        self.formatted(&value.into(), &[("maximumFractionDigits", digits.into())]).unwrap_or_default()
    }

    fn money(&self, amount: &str, currency: &str) -> String {
        // As a number where that is what it is; a shop's odd price is shown as it came.
        let value = JsValue::from_str(amount).unchecked_into_f64();
        Some(value)
            .filter(|value| !value.is_nan())
            .and_then(|value| {
                self.formatted(&value.into(), &[("style", "currency".into()), ("currency", currency.into())])
            })
            .unwrap_or_else(|| [amount, " ", currency].concat())
    }

    fn date(&self, at: Timestamp) -> String {
        let date = Date::new(&(at.0 as f64).into());
        call(&self.dates, "format", &date).unwrap_or_default()
    }

    fn list(&self, entries: &[String]) -> String {
        let list: Array = entries.iter().map(|entry| JsValue::from_str(entry)).collect();
        call(&self.lists, "format", &list).unwrap_or_else(|| entries.join(", "))
    }
}

/// `new Intl[name](language, options)`; undefined where the browser has none.
fn make(name: &str, language: &str, options: &[(&str, JsValue)]) -> JsValue {
    let bag = Object::new();
    for (key, value) in options {
        let _ = Reflect::set(&bag, &JsValue::from_str(key), value);
    }
    let made = || {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let class: Function = Reflect::get(&intl, &name.into()).ok()?.dyn_into().ok()?;
        Reflect::construct(&class, &Array::of2(&language.into(), &bag)).ok()
    };
    made().unwrap_or_default()
}

fn call(on: &JsValue, method: &str, value: &JsValue) -> Option<String> {
    let function: Function = Reflect::get(on, &method.into()).ok()?.dyn_into().ok()?;
    function.call1(on, value).ok()?.as_string()
}
