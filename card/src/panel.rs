use candor_protocol::{LegalBasis, Notice, NoticeControl, Standing};
use candor_words::{Key, Words};

use crate::names::{matter, source_name};
use crate::notes::{gpc_holds, gpc_note, note, offline_note};
use crate::record::record;
use crate::saves::{is_on, last, live, switch};
use crate::sources::{control_notes, kept};
use crate::{Act, Button, ControlLine, Fact, Group, Note, PanelInput, PanelState, PanelView};

/// All controls of the notice: what each is for, where the data come from, and one switch.
pub fn panel_view(input: &PanelInput, words: &Words<'_>) -> PanelView {
    let notice = input.notice.as_deref();
    let known = input.state != PanelState::Unknown && input.state != PanelState::Loading;
    let mut notes = Vec::new();
    match input.state {
        PanelState::Loading => notes.push(note(Key::StateLoading, words)),
        PanelState::Unknown => notes.push(note(Key::PanelUnknown, words)),
        PanelState::Unreachable => {
            let button = Button { label: words.plain(Key::StateRetry), name: None, act: Act::Retry };
            notes.push(Note { button: Some(button), ..note(Key::PanelUnreachable, words) });
        }
        PanelState::Ready => {}
    }
    if gpc_holds(input.gpc, notice, &input.choices) {
        notes.push(gpc_note(words));
        notes.push(note(Key::StateGpcWhy, words));
    }
    if input.offline {
        notes.push(offline_note(&input.saves, words));
    }
    PanelView {
        language: words.locale.language().to_owned(),
        direction: words.locale.direction().as_str(),
        state: match input.state {
            PanelState::Loading => "loading",
            PanelState::Unreachable => "unreachable",
            PanelState::Unknown => "general",
            PanelState::Ready => "ready",
        },
        title: words.plain(Key::PanelTitle),
        close: words.plain(Key::CardClose),
        intro: notice.map(|notice| words.say(Key::PanelIntro, &[("who", &notice.controller)])).unwrap_or_default(),
        notes,
        groups: notice.map(|notice| groups(input, notice, known, words)).unwrap_or_default(),
        record: known.then(|| record(&input.history, notice, words)),
        live: live(&input.saves, |save| source_name(notice, matter(&save.control), words), words),
        html: input.html.clone(),
    }
}

/// One group per purpose that has a control.
fn groups(input: &PanelInput, notice: &Notice, known: bool, words: &Words<'_>) -> Vec<Group> {
    let language = words.locale.language();
    let mut out = Vec::new();
    for purpose in &notice.purposes {
        let of = notice.controls.iter().filter(|control| control.purpose() == purpose.id);
        let controls: Vec<ControlLine> = of.map(|control| line(input, notice, control, known, words)).collect();
        if !controls.is_empty() {
            let (title, text) = (purpose.label.text(language).to_owned(), purpose.text.text(language).to_owned());
            out.push(Group { title, text, controls });
        }
    }
    out
}

fn line(input: &PanelInput, notice: &Notice, control: &NoticeControl, known: bool, words: &Words<'_>) -> ControlLine {
    let language = words.locale.language();
    let id = control.subject_matter();
    let label = source_name(Some(notice), id, words);
    let required = control.legal_basis == LegalBasis::Required;
    let on = is_on(&input.choices, &input.device_off, &control.id, false);
    let mut notes =
        if known { control_notes(&input.choices, &input.device_off, &control.id, words) } else { Vec::new() };
    if let Some(because) = &control.because {
        if required {
            notes.push(note(Key::PanelRequired, words));
        }
        notes.push(Note { text: because.text(language).to_owned(), ..Note::default() });
    }
    let stands = input.choices.control(&control.id);
    if known && !required {
        let decided = last(&input.saves, &control.id, None).is_some();
        if notes.is_empty() && !decided && input.choices.standing(&control.id) == Standing::Unset {
            notes.push(note(Key::PanelUnset, words));
        }
        if let Some(left) = stands.map(|stands| stands.left_out.len()).filter(|left| *left > 0) {
            notes.push(Note { text: words.count(Key::PanelLeftOut, left as u64, &[]), ..Note::default() });
        }
    }
    let mut details = Vec::new();
    if let Some(source) = notice.source(id) {
        for (key, text) in [
            (Key::PanelOrigin, &source.origin),
            (Key::PanelRetention, &source.retention),
            (Key::PanelRecipients, &source.recipients),
        ] {
            details.push(Fact { label: words.plain(key), value: text.text(language).to_owned(), url: None });
        }
    }
    let text = notice.source(id).map(|source| &source.text).or(notice.channel(id).map(|channel| &channel.text));
    ControlLine {
        control: control.id.clone(),
        text: text.map(|text| text.text(language).to_owned()).unwrap_or_default(),
        // What "off" means for picks is said where picks are switched.
        kept: match control.purpose() {
            "recommendations" => kept(Some(notice), id, words),
            _ => notice.source(id).map(|source| source.kept_for.text(language).to_owned()),
        },
        switch: (known && !required).then(|| switch(&label, &control.id, on, &input.saves, words)),
        label,
        notes,
        details_label: words.plain(Key::PanelDetails),
        details,
    }
}
