use candor_protocol::{Code, Fault, Node, NodeKind};

use crate::{Key, Plural};

/// All messages of one language, by [`Key`]. A message is a text, or one text
/// for each way the language counts. `{name}` stands for what is filled in.
#[derive(Debug, Clone)]
pub struct Catalogue {
    messages: Vec<Vec<(Plural, String)>>,
}

impl Catalogue {
    /// Reads the messages alone, in the order of [`Key::ALL`], which is that of the files: the page
    /// has its catalogue from the same build, and needs no names for it.
    pub fn read_in_order<N: Node>(list: N) -> Result<Self, Fault> {
        let mut messages = Vec::new();
        for index in 0..Key::COUNT {
            let found = list.at(index).map(|entry| read_message(&entry)).unwrap_or_default();
            if found.is_empty() {
                return Err(Fault::new(Code::Missing, ["/", &candor_protocol::write::number(index as u64)].concat()));
            }
            messages.push(found);
        }
        Ok(Catalogue { messages })
    }

    /// Reads a map of key to text, or key to `{"one": …, "other": …}`. A
    /// catalogue that lacks a message is refused: nothing is half translated.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut messages = Vec::new();
        for name in Key::NAMES.split_ascii_whitespace() {
            let (code, found) = match node.get(name) {
                Some(entry) => (Code::WrongType, read_message(&entry)),
                None => (Code::Missing, Vec::new()),
            };
            if found.is_empty() {
                return Err(Fault::new(code, ["/", name].concat()));
            }
            messages.push(found);
        }
        Ok(Catalogue { messages })
    }

    /// Says nothing. A test proves that no bundled catalogue comes to this.
    #[cfg(feature = "bundled")]
    pub(crate) fn empty() -> Self {
        Catalogue { messages: Vec::new() }
    }

    /// The form for a count; "other" where the language has no form of its own for it.
    pub(crate) fn form(&self, key: Key, plural: Plural) -> &str {
        let forms = self.messages.get(key as usize).map_or(&[][..], Vec::as_slice);
        let find = |wanted| forms.iter().find(|(plural, _)| *plural == wanted);
        find(plural).or_else(|| find(Plural::Other)).map_or("", |(_, text)| text)
    }
}

/// The forms of a message; none where it is no message.
fn read_message<N: Node>(node: &N) -> Vec<(Plural, String)> {
    let mut forms = Vec::new();
    let mut whole = false;
    let mut add = |word: &str, text: Option<String>| {
        let (Some(plural), Some(text)) = (Plural::parse(word), text) else { return false };
        whole |= plural == Plural::Other;
        forms.push((plural, text));
        true
    };
    let read = match node.kind() {
        NodeKind::Map => node.keys().iter().all(|word| add(word, node.get(word).and_then(|form| form.text()))),
        _ => add("other", node.text()),
    };
    if read && whole { forms } else { Vec::new() }
}
