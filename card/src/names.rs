//! What things are called.

use candor_protocol::{Explanation, Factor, Kind, Localized, Notice};
use candor_words::{Key, Words};

use crate::Html;
use crate::parts::link;
use crate::pen::Pen;

/// Those that have messages of their own.
const SOURCES: [&str; 4] = ["orders", "returns", "basket", "views"];

/// The text in the language that is spoken.
#[inline(never)]
pub(crate) fn local<'a>(text: &'a Localized, words: &Words<'_>) -> &'a str {
    text.text(words.locale.language())
}

/// "Your orders": the notice's word for it, else ours, else its id.
#[inline(never)]
pub(crate) fn source_name<'a>(notice: Option<&'a Notice>, id: &'a str, words: &Words<'a>) -> &'a str {
    if let Some(notice) = notice {
        let source = notice.source(id).map(|source| &source.label);
        if let Some(label) = source.or_else(|| notice.channel(id).map(|channel| &channel.label)) {
            return local(label, words);
        }
    }
    let ours = [Key::SourceOrders, Key::SourceReturns, Key::SourceBasket, Key::SourceViews];
    match SOURCES.iter().position(|known| *known == id).and_then(|at| ours.get(at)) {
        Some(key) => words.text(*key),
        None => id,
    }
}

/// The message for one of the common sources, else the last: that for any.
#[inline(never)]
pub(crate) fn of_source(id: &str, keys: [Key; 5]) -> Key {
    let at = SOURCES.iter().position(|known| *known == id).unwrap_or(4);
    keys.get(at).copied().unwrap_or(Key::SourcesNone)
}

/// A factor in a list of what counted.
pub(crate) fn factor_name(pen: &mut Pen<'_>, notice: Option<&Notice>, factor: &Factor) {
    match (factor.kind, &factor.paid_by) {
        (Kind::Personal, _) => pen.text(source_name(notice, &factor.id, pen.words)),
        (Kind::Context, _) => pen.say(Key::FactorContext),
        (Kind::General, _) => pen.say(Key::FactorGeneral),
        (Kind::Commercial, Some(who)) => pen.text(&pen.words.say(Key::FactorCommercial, &[("who", who)])),
        (Kind::Commercial, None) => pen.say(Key::FactorCommercialUnnamed),
    }
}

/// The source or channel a control switches: `recommendations/orders` is `orders`.
#[inline(never)]
pub(crate) fn matter(control: &str) -> &str {
    let slash = control.bytes().position(|byte| byte == b'/');
    slash.and_then(|at| control.get(at + 1..)).unwrap_or(control)
}

/// The name of an item; one that is not described is called by its id.
#[inline(never)]
pub(crate) fn title<'a>(doc: &'a Explanation, id: &'a str) -> &'a str {
    doc.item(id).map_or(id, |item| item.title.as_str())
}

/// A product: its name, a link where it has an address, its price.
#[inline(never)]
pub(crate) fn product(pen: &mut Pen<'_>, doc: &Explanation, id: &str) {
    let Some(item) = doc.item(id) else { return pen.line("span", "name", id) };
    match &item.url {
        Some(url) => link(pen, "name", url, &item.title),
        None => pen.line("span", "name", &item.title),
    }
    if let Some(price) = &item.price {
        pen.line("span", "price", &pen.words.locale.money(&price.amount, &price.currency));
    }
}

/// This page with a preview open, in the HTML tier.
pub(crate) fn preview_link(html: &Html, source: &str, datum: Option<&str>) -> String {
    let mut link = html.here.clone();
    link.push(if html.here.contains('?') { '&' } else { '?' });
    link.push_str("preview=");
    escape(source, &mut link);
    if let Some(datum) = datum {
        link.push_str("&datum=");
        escape(datum, &mut link);
    }
    link
}

/// Ids hold visible ASCII; what means something in a query is percent-encoded.
fn escape(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'));
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
}
