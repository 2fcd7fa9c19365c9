//! Naming a control in words.

use candor_protocol::Notice;

use crate::Speech;

/// "Your orders" and "Choosing products for you"; ids where the notice does not describe them.
pub fn in_words(notice: Option<&Notice>, control: &str, speech: &Speech<'_>) -> (String, String) {
    let (purpose, matter) = control.split_once('/').unwrap_or((control, ""));
    (source_in_words(notice, matter, speech), purpose_in_words(notice, purpose, speech))
}

pub fn source_in_words(notice: Option<&Notice>, id: &str, speech: &Speech<'_>) -> String {
    let label = notice.and_then(|notice| {
        let source = notice.source(id).map(|source| &source.label);
        source.or_else(|| notice.channel(id).map(|channel| &channel.label))
    });
    label.map_or_else(|| id.to_owned(), |label| label.text(speech.language()).to_owned())
}

pub fn purpose_in_words(notice: Option<&Notice>, id: &str, speech: &Speech<'_>) -> String {
    let label = notice.and_then(|notice| notice.purpose(id)).map(|purpose| &purpose.label);
    label.map_or_else(|| id.to_owned(), |label| label.text(speech.language()).to_owned())
}
