//! "About this recommendation": the system behind it, in the shop's own statements.

use candor_protocol::Explanation;
use candor_words::{Key, Words};

use crate::WhyFacts;
use crate::parts::{close_layer, fact, layer};
use crate::pen::Pen;

#[inline(never)]
pub(crate) fn about(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, doc: &Explanation) {
    let (model, words) = (&doc.model, pen.words);
    layer(pen, "layer", "about", false, Key::AboutTitle);
    pen.open("dl", "");
    fact(pen, Key::AboutModel, &model.name, "");
    fact(pen, Key::AboutVersion, &model.version, "");
    if let Some(kind) = kind_key(&model.kind) {
        fact(pen, Key::AboutKind, words.text(kind), "");
    }
    maybe(pen, Key::AboutProvider, model.provider.as_deref());
    maybe(pen, Key::AboutTrainedOn, model.trained_on.as_deref());
    maybe(pen, Key::AboutTrainedAt, model.trained_at.map(|at| words.locale.date(at)).as_deref());
    maybe(pen, Key::AboutRebuilt, model.rebuilt.as_deref());
    if let Some(audit) = &model.audit {
        let value = [&words.locale.date(audit.at), " · ", &audit.result].concat();
        fact(pen, Key::AboutAudit, &value, audit.url.as_deref().unwrap_or_default());
    }
    if let Some(oversight) = &doc.oversight {
        fact(pen, Key::AboutAccountable, &oversight.accountable, "");
        maybe(pen, Key::AboutContact, oversight.contact.as_deref());
    }
    fact(pen, Key::AboutMade, &words.locale.date(doc.made_at), "");
    pen.close();
    let mut stated = &doc.stated_never_used;
    if let Some(notice) = facts.common.notice.filter(|_| stated.is_empty()) {
        stated = &notice.stated_never_used;
    }
    if !stated.is_empty() {
        let mut never = Vec::new();
        for name in stated {
            never.push(never_name(name, words).to_owned());
        }
        pen.line("p", "claim", &words.say(Key::AboutNever, &[("list", &words.locale.list(&never))]));
    }
    close_layer(pen);
}

fn maybe(pen: &mut Pen<'_>, label: Key, value: Option<&str>) {
    if let Some(value) = value {
        fact(pen, label, value, "");
    }
}

fn kind_key(kind: &str) -> Option<Key> {
    Some(match kind {
        "item-item" => Key::KindItemItem,
        "trees" => Key::KindTrees,
        "factorisation" => Key::KindFactorisation,
        "rules" => Key::KindRules,
        "llm" => Key::KindLlm,
        _ => return None,
    })
}

/// The common ones in the language; a shop's own word as it is.
fn never_name<'a>(name: &'a str, words: &Words<'a>) -> &'a str {
    words.text(match name {
        "age" => Key::NeverAge,
        "gender" => Key::NeverGender,
        "health" => Key::NeverHealth,
        "religion" => Key::NeverReligion,
        "ethnicity" => Key::NeverEthnicity,
        "sexuality" => Key::NeverSexuality,
        "politics" => Key::NeverPolitics,
        "income" => Key::NeverIncome,
        "location" => Key::NeverLocation,
        _ => return name,
    })
}
