//! Every choice there is.

use candor_protocol::{DecisionMethod, LegalBasis, Notice, NoticeControl, Standing};
use candor_words::{Key, Words};

use crate::names::{local, matter, source_name};
use crate::notes::{common_notes, control_notes};
use crate::parts::{button, close_layer, fact, head, layer, note, section};
use crate::pen::Pen;
use crate::record::record;
use crate::row::{kept, paragraph};
use crate::saves::{decide, done, is_on, last, live, switch};
use crate::{Act, PanelFacts, PanelState, Tree, parts};

/// All controls of the notice: what each is for, where the data come from, and one switch.
pub fn panel(facts: &PanelFacts<'_>, words: &Words<'_>) -> Tree {
    let common = &facts.common;
    let known = matches!(facts.state, PanelState::Ready | PanelState::Unreachable);
    let state = match facts.state {
        PanelState::Loading => "loading",
        PanelState::Unreachable => "unreachable",
        PanelState::Unknown => "general",
        PanelState::Ready => "ready",
    };
    let mut pen = Pen::new(words, common.html);
    let pen = &mut pen;
    section(pen, "card", "card panel", state);
    head(pen, "candor-panel", Key::PanelTitle);
    if let Some(notice) = common.notice {
        paragraph(pen, "reason", &words.say(Key::PanelIntro, &[("who", &notice.controller)]));
    }
    match facts.state {
        PanelState::Loading => note(pen, Key::StateLoading),
        PanelState::Unknown => note(pen, Key::PanelUnknown),
        PanelState::Unreachable => {
            note(pen, Key::PanelUnreachable);
            button(pen, "plain", Key::StateRetry, "", Act::Retry);
        }
        PanelState::Ready => {}
    }
    common_notes(pen, common);
    if let Some(notice) = common.notice {
        for purpose in &notice.purposes {
            let mut begun = false;
            for control in notice.controls.iter().filter(|control| control.purpose() == purpose.id) {
                // Only a purpose that has a control has a group.
                if !begun {
                    begun = true;
                    pen.open("div", "group");
                    pen.line("h3", "", local(&purpose.label, words));
                    paragraph(pen, "fine", local(&purpose.text, words));
                    pen.open("ul", "rows");
                }
                line(pen, facts, notice, control, known);
            }
            if begun {
                pen.close();
                pen.close();
            }
        }
    }
    if known {
        record(pen, common);
    }
    let said =
        common.saves.last().map(|save| live(save, source_name(common.notice, matter(&save.control), words), words));
    parts::live(pen, &said.unwrap_or_default());
    pen.done()
}

fn line(pen: &mut Pen<'_>, facts: &PanelFacts<'_>, notice: &Notice, control: &NoticeControl, known: bool) {
    let (common, words) = (&facts.common, pen.words);
    let id = control.subject_matter();
    let name = source_name(Some(notice), id, words);
    let required = control.legal_basis == LegalBasis::Required;
    let switches = known && !required;
    let on = is_on(common, &control.id, false);
    let save = last(common.saves, &control.id, None).filter(|save| switches && save.tells(on));
    let source = notice.source(id);

    let label = ["candor-panel-", &control.id].concat();
    pen.open("li", "row");
    pen.with("part", "row");
    pen.open("div", "top");
    pen.open("h4", "");
    pen.with("id", &label);
    pen.text(name);
    pen.close();
    pen.close();
    if switches {
        switch(pen, &label, &control.id, on);
    }
    let text = source.map(|source| &source.text).or(notice.channel(id).map(|channel| &channel.text));
    if let Some(text) = text {
        paragraph(pen, "what", local(text, words));
    }
    let mut noted = known && control_notes(pen, common, &control.id);
    if let Some(because) = &control.because {
        noted = true;
        if required {
            note(pen, Key::PanelRequired);
        }
        paragraph(pen, "note", local(because, words));
    }
    if switches {
        if !noted && save.is_none() && common.choices.standing(&control.id) == Standing::Unset {
            note(pen, Key::PanelUnset);
        }
        let left = common.choices.control(&control.id).map(|stands| stands.left_out.as_slice()).unwrap_or_default();
        if let Some(datum) = left.first() {
            let told = words.count(Key::PanelLeftOut, left.len() as u64, &[]);
            pen.line("p", "note", &told);
            // One at a press: what was left out has a name only in a card that is about it.
            let name = words.say(Key::UndoOf, &[("what", &told)]);
            let act = decide(&control.id, Some(datum), true, DecisionMethod::Button);
            button(pen, "quiet", Key::Undo, &name, act);
        }
    }
    if let Some(save) = save {
        done(pen, save, name, true);
    }
    // What "off" means for picks is said where picks are switched.
    if control.purpose() == "recommendations" {
        paragraph(pen, "fine", &kept(Some(notice), id, words).unwrap_or_default());
    } else if let Some(source) = source {
        paragraph(pen, "fine", local(&source.kept_for, words));
    }
    if let Some(source) = source {
        layer(pen, "more", "details", false, Key::PanelDetails);
        pen.open("dl", "");
        fact(pen, Key::PanelOrigin, local(&source.origin, words), "");
        fact(pen, Key::PanelRetention, local(&source.retention, words), "");
        fact(pen, Key::PanelRecipients, local(&source.recipients, words), "");
        pen.close();
        close_layer(pen);
    }
    pen.close();
}
