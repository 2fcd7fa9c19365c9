//! Who the page speaks for: the person the shop's token names, the anonymous
//! subject this device made at its first grant, or nobody.

use std::pin::Pin;
use std::rc::Rc;

use candor_card::Person;
use candor_protocol::{Choices, Timestamp};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::app::App;
use crate::chance::now;
use crate::net::{self, Failure};
use crate::node::{Js, read, read_text};

#[derive(Debug, Clone)]
pub struct Session {
    pub subject: String,
    pub capability: String,
    pub expires_at: Timestamp,
    pub anonymous: bool,
}

impl Session {
    fn read(node: Js, anonymous: bool) -> Option<Self> {
        Some(Session {
            subject: node.text_of("subject")?,
            capability: node.text_of("capability")?,
            expires_at: Timestamp::parse(&node.text_of("expires_at")?)?,
            anonymous,
        })
    }

    fn lives(&self) -> bool {
        // A minute's grace, so that nothing sets out with a capability that ends on the way.
        self.expires_at.0 > now().0 + 60_000
    }
}

impl App {
    /// Who it is, if anybody is known. Makes nobody.
    pub async fn session(self: &Rc<Self>) -> Result<Option<Session>, Failure> {
        loop {
            let known = self.session.borrow().clone().filter(Session::lives);
            if known.is_some() {
                return Ok(known);
            }
            let asking = self.asking.borrow().clone();
            if let Some(asking) = asking {
                let _ = JsFuture::from(asking).await;
                if self.session.borrow().is_none() {
                    return Ok(None);
                }
                continue;
            }
            let app = self.clone();
            let work: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(async move {
                let outcome = app.find().await;
                *app.asking.borrow_mut() = None;
                match outcome {
                    Ok(_) => Ok(JsValue::UNDEFINED),
                    Err(failure) => Err(JsValue::from_f64(match failure {
                        Failure::Unreachable => 0.0,
                        Failure::Status { code, .. } => f64::from(code),
                    })),
                }
            });
            let asking = future_to_promise(work);
            *self.asking.borrow_mut() = Some(asking.clone());
            return match JsFuture::from(asking).await {
                Ok(_) => Ok(self.session.borrow().clone()),
                Err(code) => Err(match code.as_f64() {
                    Some(code) if code > 0.0 => Failure::Status { code: code as u16, retry_after_ms: None },
                    _ => Failure::Unreachable,
                }),
            };
        }
    }

    async fn find(self: &Rc<Self>) -> Result<(), Failure> {
        let token = self.token().await;
        self.identified.set(token.is_some());
        if let Some(token) = token {
            match self.ask_session(Some(&token)).await {
                // What was not accepted names nobody: the visitor stays anonymous.
                Err(failure) if failure.is(401) || failure.is(403) => self.host.diagnose(
                    "token",
                    "The service does not accept the shop's token.",
                    "See that it is signed with the site's key, for this site, and lives at most five minutes.",
                ),
                other => return other,
            }
        }
        let kept = self.shelf.get("session").and_then(|text| read_text(&text, |node| Session::read(node, true)));
        match kept {
            Some(kept) if kept.lives() => self.become_known(kept),
            Some(_) | None => self.open_outbox("anon"),
        }
        Ok(())
    }

    /// A new anonymous subject; at a grant, and never before.
    pub async fn session_for_grant(self: &Rc<Self>) -> Result<Session, Failure> {
        if let Some(session) = self.session().await? {
            return Ok(session);
        }
        self.ask_session(None).await?;
        self.session.borrow().clone().ok_or(Failure::Unreachable)
    }

    async fn ask_session(self: &Rc<Self>, token: Option<&str>) -> Result<(), Failure> {
        let mut body = self.body();
        body.text("device", &self.device);
        if let Some(token) = token {
            body.text("token", token);
        }
        let answer = net::post(&self.url("/v1/session"), &body.end(), false).await;
        self.heard(answer.as_ref().err().copied());
        let value = answer?.ok_or(Failure::Unreachable)?;
        let session = read(value.clone(), |node| Session::read(node, token.is_none())).ok_or(Failure::Unreachable)?;
        if session.anonymous {
            self.shelf.set("device", &self.device);
            self.shelf.set("session", &js_sys::JSON::stringify(&value).map(String::from).unwrap_or_default());
        }
        self.become_known(session);
        Ok(())
    }

    fn become_known(self: &Rc<Self>, session: Session) {
        let of = if session.anonymous { "anon".to_owned() } else { session.subject.clone() };
        let person = if session.anonymous { Person::Anonymous } else { Person::SignedIn };
        self.change(|shared| shared.person = person);
        *self.session.borrow_mut() = Some(session);
        self.open_outbox(&of);
    }

    /// The shop's token: asked for when it is needed, never kept.
    async fn token(&self) -> Option<String> {
        let given = self.host.token().ok()?;
        let given = match given.dyn_into::<js_sys::Promise>() {
            Ok(promise) => JsFuture::from(promise).await.ok()?,
            Err(plain) => plain,
        };
        given.as_string().filter(|token| !token.is_empty())
    }

    /// Every answer, or none, tells whether there is a way to the service.
    pub fn heard(&self, failure: Option<Failure>) {
        let offline = matches!(failure, Some(Failure::Unreachable));
        if self.peek(|shared| shared.offline != offline) {
            self.change(|shared| shared.offline = offline);
        }
    }

    /// Somebody else may be at the page now: what is known is about nobody in particular.
    pub fn identify(self: &Rc<Self>) {
        *self.session.borrow_mut() = None;
        self.open_outbox("");
        self.change(|shared| {
            shared.known = Choices::default();
            shared.choices = Choices::default();
            shared.loaded = false;
            shared.saves.clear();
        });
    }
}
