//! The calls into the page's code, as `widget/src` exports them to the drivers.

use std::rc::Rc;

use candor_choices::Entry;
use candor_choices::device::{Cause, Device, KnownAs};
use candor_protocol::{Base, Choices, Notice, Outcome};
use rquickjs::{Ctx, Function, Object, Persistent, Result};
use serde_json::Value;

use super::Pages;
use super::device::{Page, told};

/// Puts every one of them on `native`.
pub fn lend<'js>(ctx: &Ctx<'js>, native: &Object<'js>, pages: &Rc<Pages>) -> Result<()> {
    macro_rules! lend {
        ($name:literal, |$page:ident $(, $arg:ident: $type:ty)*| $work:expr) => {{
            let pages = pages.clone();
            let call = move |ctx: Ctx<'js>, page: u32 $(, $arg: $type)*| pages.run(&ctx, page, |$page| $work).unwrap_or_default();
            native.set($name, Function::new(ctx.clone(), call)?)?;
        }};
    }
    let starting = pages.clone();
    let start = move |ctx: Ctx<'js>, page: u32, host: Object<'js>| {
        if let Some(body) = starting.find(page) {
            *body.host.borrow_mut() = Some(Persistent::save(&ctx, host));
        }
    };
    native.set("start", Function::new(ctx.clone(), start)?)?;
    lend!("event", |page, name: String| page.page_event(&name));
    lend!("holds", |page| !page.body.state.held.borrow().is_empty());
    lend!("forget", |page| page.forget_person());
    lend!("choices", |page| told(&page.body.state.stands.borrow().choices, None).to_string());
    lend!("allowed", |page, purpose: String, source: String| {
        page.in_force(|choices, notice| candor_choices::allowed(choices, notice, &purpose, &source)).unwrap_or(false)
    });
    lend!("notice", |page, value: String| notice(&page, &read(&value)));
    lend!("stand", |page, value: String, cause: String| stand(&page, &read(&value), &cause));
    lend!("answered", |page, value: String| answered(&page, &read(&value)).is_some());
    lend!("known", |page, of: String, subject: bool, signed_in: bool| {
        let known_as = match (subject, signed_in) {
            (false, _) => KnownAs::Nobody,
            (true, false) => KnownAs::Anonymous,
            (true, true) => KnownAs::SignedIn,
        };
        page.body.says(|| format!("speaks for {of}: {known_as:?}"));
        page.person_is(&of, known_as);
    });
    lend!("unknown", |page| page.hold());
    lend!("stored", |page, entries: String, next: f64, by_tab: bool, stands: String| {
        let (list, stands) = (read(&entries), read(&stands));
        let entries = list.as_array().into_iter().flatten().filter_map(|entry| Entry::read(entry).ok()).collect();
        match Choices::read(&stands) {
            Ok(choices) => {
                hear(&page, choices.base(), &stands, |page| page.heard(entries, next as u64, choices));
            }
            Err(_) => page.stored(entries, next as u64, if by_tab { Cause::Tab } else { Cause::Stored }),
        }
    });
    lend!("alone", |page| page.alone());
    lend!("gathered", |page, lang: String, reached: bool| {
        page.body.state.stands.borrow_mut().loaded |= reached;
        if reached {
            page.gathered(&lang);
        }
    });
    lend!("state", |page, what: u8, is: bool| {
        if what == 2 {
            page.body.state.stands.borrow_mut().gpc = is || page.body.machine.gpc;
        }
    });
    lend!("failed", |page, status: u16, wait: f64| page.failed(status, (wait >= 0.0).then_some(wait as u64)));
    Ok(())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn notice(page: &Page<'_, '_>, value: &Value) -> bool {
    let (Ok(notice), Some(hash)) = (Notice::read(&value["notice"]), value["hash"].as_str()) else { return false };
    let mut stands = page.body.state.stands.borrow_mut();
    stands.notice = Some(std::sync::Arc::new(notice));
    hash.clone_into(&mut stands.notice_hash);
    true
}

fn stand(page: &Page<'_, '_>, value: &Value, cause: &str) -> bool {
    let Ok(choices) = Choices::read(value) else { return false };
    hear(page, choices.base(), value, |page| page.stand(choices, Cause::parse(cause)));
    true
}

fn answered(page: &Page<'_, '_>, value: &Value) -> Option<()> {
    let outcomes = value.get("outcomes")?.as_array()?;
    let outcomes = outcomes.iter().filter_map(|outcome| Outcome::read(outcome).ok()).collect();
    let choices = Choices::read(value.get("choices")?).ok()?;
    hear(page, choices.base(), value, |page| page.answered(outcomes, choices));
    Some(())
}

/// What is on screen rests on this answer from the moment it is taken over.
fn hear<'a, 'js>(page: &Page<'a, 'js>, base: Base, value: &Value, tell: impl FnOnce(&Page<'a, 'js>)) {
    let at = value["stamp"].as_u64().and_then(|at| usize::try_from(at).ok());
    page.body.hearing.set(at);
    let stands = page.body.state.stands.borrow();
    let newer = !(stands.loaded && stands.known.epoch == base.epoch && stands.known.rev > base.rev);
    drop(stands);
    if newer {
        *page.body.stamp.borrow_mut() = at.and_then(|at| page.body.world.stamps.borrow().get(at).cloned());
    }
    tell(page);
    page.body.hearing.set(None);
}
