//! What a page's browser rests on: storage that can be blocked, full or wiped, a clock that can be wrong, a network
//! that is the history's, and an end that can come between any two acts.

use std::rc::Rc;

use base64::Engine as _;
use rquickjs::{Ctx, Exception, Function, Object, Result};
use serde_json::json;

use super::Pages;
use crate::body::Body;
use crate::network::{Flight, Heard};
use crate::service::HS256;

/// Puts every one of them on `native`.
pub fn lend<'js>(ctx: &Ctx<'js>, native: &Object<'js>, pages: &Rc<Pages>) -> Result<()> {
    macro_rules! lend {
        ($name:literal, |$ctx:ident, $body:ident $(, $arg:ident: $type:ty)*| $work:expr) => {{
            let pages = pages.clone();
            let call = move |$ctx: Ctx<'js>, page: u32 $(, $arg: $type)*| {
                let Some($body) = pages.find(page) else { return Err(Exception::throw_message(&$ctx, "the page is gone")) };
                $work
            };
            native.set($name, Function::new(ctx.clone(), call)?)?;
        }};
    }
    storage(ctx, native, pages)?;
    let posting = pages.clone();
    lend!("fetch", |_ctx, body, path: String, text: String| Ok(fetch(&body, &path, text)));
    lend!("abort", |_ctx, body, id: u32| {
        abort(&body, id);
        Ok(())
    });
    lend!("post", |_ctx, body, text: String| {
        if body.lives() {
            posting.others(&body, |other| other.messages.borrow_mut().push_back(Heard::Message(text.clone())));
        }
        Ok(())
    });
    lend!("lock", |_ctx, body, name: String| {
        let mut locks = body.machine.locks.borrow_mut();
        let free = !locks.contains_key(&name);
        if free {
            locks.insert(name, body.page);
        }
        Ok(free)
    });
    lend!("unlock", |_ctx, body, name: String| {
        body.machine.locks.borrow_mut().remove(&name);
        Ok(())
    });
    lend!("online", |_ctx, body| Ok(!body.machine.cut.get()));
    lend!("clock", |_ctx, body| Ok(body.clock() as f64));
    lend!("token", |ctx, body| match token(&body) {
        Token::Nobody => Ok(None),
        Token::Of(token) => Ok(Some(token)),
        Token::Trouble => Err(Exception::throw_message(&ctx, "the shop cannot say who it is")),
    });
    lend!("brings", |_ctx, body| Ok(!body.world.files_fail.get() || body.world.chance.borrow_mut().u8(..4) > 0));
    lend!("act", |_ctx, body| {
        body.lives();
        Ok(())
    });
    lend!("diagnose", |_ctx, body, code: String, message: String| {
        body.says(|| format!("says {code}: {message}"));
        Ok(())
    });
    lend!("died", |_ctx, body, why: String| {
        body.world.fault(format!("page {} died: {why}", body.page));
        Ok(())
    });
    let all = pages.clone();
    let due = move |page: u32, at: f64| {
        if let Some(body) = all.find(page) {
            body.due.set(at.is_finite().then_some(at.ceil() as i64));
        }
    };
    native.set("due", Function::new(ctx.clone(), due)?)?;
    let all = pages.clone();
    native.set("time", Function::new(ctx.clone(), move || all.time() as f64)?)?;
    let all = pages.clone();
    native.set("chance", Function::new(ctx.clone(), move || all.draw(|chance| chance.f64()))?)?;
    let all = pages.clone();
    native.set(
        "bits",
        Function::new(ctx.clone(), move |many: usize| -> Vec<u8> {
            all.draw(|chance| (0..many).map(|_| chance.u8(..)).collect())
        })?,
    )?;
    let atob = |ctx: Ctx<'js>, text: String| {
        let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim_end_matches('='));
        let bytes = decoded.map_err(|_| Exception::throw_message(&ctx, "not base64"))?;
        Result::Ok(bytes.into_iter().map(char::from).collect::<String>())
    };
    native.set("atob", Function::new(ctx.clone(), atob)?)?;
    Ok(())
}

fn storage<'js>(ctx: &Ctx<'js>, native: &Object<'js>, pages: &Rc<Pages>) -> Result<()> {
    macro_rules! lend {
        ($name:literal, $fault:literal unless $can:expr, |$body:ident $(, $arg:ident: $type:ty)*| $work:expr) => {{
            let pages = pages.clone();
            let call = move |ctx: Ctx<'js>, page: u32 $(, $arg: $type)*| {
                let can: fn(&Body) -> bool = $can;
                match pages.find(page) {
                    Some($body) if can(&$body) => Ok($work),
                    _ => Err(Exception::throw_message(&ctx, $fault)),
                }
            };
            native.set($name, Function::new(ctx.clone(), call)?)?;
        }};
    }
    let wrote = |pages: &Rc<Pages>, body: &Body, key: &str, value: Option<&str>| {
        let heard = Heard::Stored { key: key.to_owned(), value: value.map(str::to_owned) };
        pages.others(body, |other| {
            if !other.blocked {
                other.writes.borrow_mut().push_back(heard.clone());
            }
        });
    };
    let (setting, removing) = (pages.clone(), pages.clone());
    lend!("keys", "blocked" unless |body| !body.blocked, |body| {
        body.machine.storage.borrow().keys().cloned().collect::<Vec<_>>()
    });
    lend!("get_item", "blocked" unless |body| !body.blocked, |body, key: String| {
        body.machine.storage.borrow().get(&key).cloned()
    });
    lend!("set_item", "blocked or full" unless |body| !body.blocked && !body.machine.full.get(), |body, key: String, value: String| {
        if body.lives() {
            body.says(|| format!("keeps {}: {value}", body.own(&key)));
            body.keeps(body.own(&key), &value, true);
            let before = body.machine.storage.borrow_mut().insert(key.clone(), value.clone());
            if before.as_ref() != Some(&value) {
                wrote(&setting, &body, &key, Some(&value));
            }
        }
    });
    lend!("remove_item", "blocked" unless |body| !body.blocked, |body, key: String| {
        if body.lives() && body.machine.storage.borrow_mut().remove(&key).is_some() {
            body.says(|| format!("forgets {}", body.own(&key)));
            left(&body, body.own(&key));
            wrote(&removing, &body, &key, None);
        }
    });
    lend!("deep_there", "no database" unless |body| !body.shallow, |body| !body.machine.deep.borrow().is_empty());
    lend!("deep_all", "no database" unless |body| !body.shallow, |body| {
        let all: Vec<(String, String)> = body.machine.deep.borrow().clone().into_iter().collect();
        json!(all).to_string()
    });
    lend!("deep_put", "no database" unless |body| !body.shallow, |body, key: String, value: Option<String>| {
        if body.lives() {
            match value {
                Some(value) => {
                    body.says(|| format!("keeps in its database {key}: {value}"));
                    body.keeps(&key, &value, true);
                    body.machine.deep.borrow_mut().insert(key, value);
                }
                None => {
                    body.says(|| format!("forgets in its database {key}"));
                    body.machine.deep.borrow_mut().remove(&key);
                    left(&body, &key);
                }
            }
        }
    });
    lend!("deep_drop", "no database" unless |body| !body.shallow, |body, forget: bool| {
        if body.lives() {
            let mut deep = body.machine.deep.borrow_mut();
            deep.retain(|key, _| !forget || key.starts_with("owed:"));
            if deep.is_empty() {
                body.says(|| "has no database any more".to_owned());
            }
        }
    });
    Ok(())
}

/// What it means that this is not in storage any more.
fn left(body: &Body, key: &str) {
    let storage = body.machine.storage.borrow();
    let mut ledger = body.world.ledger.borrow_mut();
    // A subject that goes on keeps its numbers.
    if key == "seq:anon" && !storage.keys().any(|key| body.own(key) == "session") {
        ledger.counts_anew(body.machine.index);
    }
    let deep = body.machine.deep.borrow();
    if let Some((place, rest)) = key.split_once(':').filter(|(place, _)| ["out", "kept"].contains(place))
        && !storage
            .keys()
            .map(|key| body.own(key))
            .chain(deep.keys().map(String::as_str))
            .any(|key| key.ends_with(rest))
    {
        ledger.left(rest.rsplit(':').next().unwrap_or_default(), place == "out", body.machine.tokens.get());
    }
}

fn fetch(body: &Body, path: &str, text: String) -> u32 {
    let world = &body.world;
    let id = world.last_request.get() + 1;
    world.last_request.set(id);
    if body.lives() {
        world.ledger.borrow_mut().counts.requests += 1;
        let path = path.trim_start_matches("/v1/").split('?').next().unwrap_or_default().to_owned();
        body.says(|| format!("asks {path}: {text}"));
        // What anybody anonymous decided until then goes when it is answered.
        if path == "session" && text.contains("\"token\"") {
            body.machine.tokens.set(body.machine.tokens.get() + 1);
        }
        let flight = Flight { id, machine: body.machine.index, page: Some(body.page), path, body: text, answer: None };
        world.flights.borrow_mut().push(flight);
    }
    id
}

/// The page gives it up; it may arrive all the same.
fn abort(body: &Body, id: u32) {
    body.world.given_up.borrow_mut().push(id);
    let mut flights = body.world.flights.borrow_mut();
    let Some(at) = flights.iter().position(|flight| flight.page == Some(body.page) && flight.id == id) else { return };
    if flights[at].answer.is_none() && body.world.chance.borrow_mut().bool() {
        flights[at].page = None;
    } else {
        flights.swap_remove(at);
    }
}

enum Token {
    Nobody,
    Of(String),
    Trouble,
}

/// What the shop's page says who is signed in.
fn token(body: &Body) -> Token {
    let world = &body.world;
    if body.machine.cut.get() {
        return Token::Trouble;
    }
    if !body.machine.signed_in.get() {
        body.heard_nobody.set(true);
        return Token::Nobody;
    }
    body.heard_somebody.set(true);
    body.machine.tokens.set(body.machine.tokens.get() + 1);
    let seconds = world.time.ms() / 1000;
    let exp = if world.old_tokens.get() { seconds - 600 } else { seconds + 240 };
    let jti = format!("{:032x}", world.chance.borrow_mut().u128(..));
    let claims = json!({"aud": world.site, "sub": world.customer, "exp": exp, "jti": jti});
    let key = jsonwebtoken::EncodingKey::from_secret(HS256);
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    Token::Of(jsonwebtoken::encode(&header, &claims, &key).expect("a token"))
}
