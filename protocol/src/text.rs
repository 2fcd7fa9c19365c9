//! What text from outside may hold.

use crate::limits;

/// Without control characters, and without the bidirectional controls that can
/// make a line read otherwise than it is written (Unicode TR 36, 2.10).
pub fn clean(raw: &str) -> String {
    raw.chars().filter(|c| !is_hidden(*c)).collect()
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// 1 to 128 bytes of visible ASCII, none of which means anything in HTML.
pub fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= limits::ID_BYTES
        && id.bytes().all(|b| (0x21..=0x7e).contains(&b) && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'&' | b'\\'))
}

/// `rec_` and 26 digits of base32 (RFC 4648 lower case or Crockford's).
pub fn is_recommendation_id(id: &str) -> bool {
    id.strip_prefix("rec_")
        .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()))
}

/// The form of a UUID version 7 (RFC 9562, 5.7), lower case.
pub fn is_uuid_v7(id: &str) -> bool {
    let bytes = id.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            14 => *b == b'7',
            19 => matches!(b, b'8' | b'9' | b'a' | b'b'),
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(b),
        })
}

/// http, https, a path on the same site, or a place on the same page. Anything else, `javascript:` first, is no address here.
pub fn is_url(url: &str) -> bool {
    let plain = url.bytes().all(|b| b > 0x20 && b != 0x7f && b != b'\\');
    let web = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && url.len() > scheme.len()
    });
    let path = url.starts_with('/') && !url.starts_with("//");
    let place = url.starts_with('#') && url.len() > 1;
    plain && (web || path || place)
}

/// What stands before and behind the first `at`, an ASCII character.
pub fn halves(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The base of a language tag: `en` of `en-GB`.
pub fn base_language(tag: &str) -> &str {
    halves(tag, b'-').map_or(tag, |(base, _)| base)
}
