use candor_protocol::{Code, Fault, Node, NodeKind};

use crate::{Key, Plural};

/// All messages of one language, by [`Key`]. A message is a text, or one text
/// for each way the language counts. `{name}` stands for what is filled in.
#[derive(Debug, Clone)]
pub struct Catalogue {
    messages: Vec<Vec<(Plural, String)>>,
}

impl Catalogue {
    /// Reads a map of key to text, or key to `{"one": …, "other": …}`. A
    /// catalogue that lacks a message is refused: nothing is half translated.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut messages = Vec::new();
        for name in Key::NAMES.split_ascii_whitespace() {
            let fault = |code| Fault::new(code, ["/", name].concat());
            let entry = node.get(name).ok_or_else(|| fault(Code::Missing))?;
            messages.push(read_message(&entry).ok_or_else(|| fault(Code::WrongType))?);
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

fn read_message<N: Node>(node: &N) -> Option<Vec<(Plural, String)>> {
    if node.kind() != NodeKind::Map {
        return node.text().map(|text| vec![(Plural::Other, text)]);
    }
    let mut forms = Vec::new();
    for word in node.keys() {
        forms.push((Plural::parse(&word)?, node.get(&word)?.text()?));
    }
    forms.iter().any(|(plural, _)| *plural == Plural::Other).then_some(forms)
}
