//! What a text may look like, by the field it stands in.

use crate::{Code, limits, text};

/// The forms a text takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whatever it is.
    Any,
    /// An identifier: 1 to 128 bytes of visible ASCII without quotes, `<`, `>`, `&`, `\`.
    Id,
    /// An identifier that begins with `sub_`.
    Subject,
    /// An identifier that begins with `e_`.
    Epoch,
    /// An epoch, or nothing.
    BaseEpoch,
    /// An identifier: purpose, `/`, source or channel.
    Control,
    /// A recommendation's.
    Recommendation,
    /// A decision's.
    Uuid,
    /// Cleaned of control and bidirectional characters, and short.
    Label,
    /// Cleaned likewise.
    Sentence,
    /// An address that may be followed.
    Url,
    /// An opaque word such as a capability or a signed token: visible ASCII, at most 4 KiB.
    #[cfg(feature = "json")]
    Token,
}

impl Form {
    /// What is wrong with the text; what the form does not keep is taken out.
    #[inline(never)]
    pub fn settle(self, found: &mut String) -> Option<Code> {
        let id = |prefix: &str| {
            let rest = found.strip_prefix(prefix);
            text::is_id(found) && rest.is_some_and(|rest| prefix.is_empty() || !rest.is_empty())
        };
        let fits = match self {
            Form::Any => true,
            Form::Id => id(""),
            Form::Subject => id("sub_"),
            Form::Epoch => id("e_"),
            Form::BaseEpoch => found.is_empty() || id("e_"),
            Form::Control => {
                let halves = text::halves(found, b'/');
                id("") && halves.is_some_and(|(purpose, matter)| !purpose.is_empty() && !matter.is_empty())
            }
            Form::Recommendation => text::is_recommendation_id(found),
            Form::Uuid => text::is_uuid_v7(found),
            Form::Label => return clean(found, limits::LABEL_CHARS),
            Form::Sentence => return clean(found, limits::TEXT_CHARS),
            Form::Url if found.len() > limits::URL_BYTES => return Some(Code::TooLong),
            Form::Url if !text::is_url(found) => return Some(Code::BadUrl),
            Form::Url => true,
            #[cfg(feature = "json")]
            Form::Token if found.len() > limits::TOKEN_BYTES => return Some(Code::TooLong),
            #[cfg(feature = "json")]
            Form::Token => !found.is_empty() && found.bytes().all(|b| (0x21..=0x7e).contains(&b)),
        };
        (!fits).then_some(Code::BadId)
    }
}

fn clean(found: &mut String, max_chars: usize) -> Option<Code> {
    if found.chars().count() > max_chars {
        return Some(Code::TooLong);
    }
    *found = text::clean(found);
    None
}
