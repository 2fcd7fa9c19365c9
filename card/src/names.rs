//! What things are called.

use candor_protocol::{Explanation, Factor, Item, Kind, Notice};
use candor_words::{Key, Words};

use crate::{Html, ItemLine};

/// "Your orders": the notice's word for it, else ours, else its id.
pub(crate) fn source_name(notice: Option<&Notice>, id: &str, words: &Words<'_>) -> String {
    if let Some(source) = notice.and_then(|notice| notice.source(id)) {
        return source.label.text(words.locale.language()).to_owned();
    }
    if let Some(channel) = notice.and_then(|notice| notice.channel(id)) {
        return channel.label.text(words.locale.language()).to_owned();
    }
    match id {
        "orders" => words.plain(Key::SourceOrders),
        "returns" => words.plain(Key::SourceReturns),
        "basket" => words.plain(Key::SourceBasket),
        "views" => words.plain(Key::SourceViews),
        _ => id.to_owned(),
    }
}

/// A factor in a list of what counted.
pub(crate) fn factor_name(notice: Option<&Notice>, factor: &Factor, words: &Words<'_>) -> String {
    match factor.kind {
        Kind::Personal => source_name(notice, &factor.id, words),
        Kind::Context => words.plain(Key::FactorContext),
        Kind::General => words.plain(Key::FactorGeneral),
        Kind::Commercial => match &factor.paid_by {
            Some(who) => words.say(Key::FactorCommercial, &[("who", who)]),
            None => words.plain(Key::FactorCommercialUnnamed),
        },
    }
}

/// The source or channel a control switches: `recommendations/orders` is `orders`.
pub(crate) fn matter(control: &str) -> &str {
    control.split_once('/').map_or(control, |(_, matter)| matter)
}

pub(crate) fn item_line(item: &Item, words: &Words<'_>) -> ItemLine {
    ItemLine {
        title: item.title.clone(),
        url: item.url.clone(),
        image: item.image.clone(),
        price: item.price.as_ref().map(|price| words.locale.money(&price.amount, &price.currency)),
    }
}

/// An item of the document; one that is not described is called by its id.
pub(crate) fn line_of(doc: &Explanation, id: &str, words: &Words<'_>) -> ItemLine {
    match doc.item(id) {
        Some(item) => item_line(item, words),
        None => ItemLine { title: id.to_owned(), ..ItemLine::default() },
    }
}

/// This page with a preview open, in the HTML tier.
pub(crate) fn preview_link(html: Option<&Html>, source: &str, datum: Option<&str>) -> Option<String> {
    let here = &html?.here;
    let mut link = here.clone();
    link.push(if here.contains('?') { '&' } else { '?' });
    link.push_str("preview=");
    escape(source, &mut link);
    if let Some(datum) = datum {
        link.push_str("&datum=");
        escape(datum, &mut link);
    }
    Some(link)
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
