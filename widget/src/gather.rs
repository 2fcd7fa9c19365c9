//! What the service says: the notice, what stands, and changes as they happen.

use std::rc::Rc;
use std::sync::Arc;

use candor_choices::{Event, at_sign_in, signal_changes};
use candor_protocol::{Binding, Change, Choice, Choices, Control, DecisionMethod, Node, Notice, Standing, Surface};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent, ReadableStreamDefaultReader};

use crate::app::{App, Cause, go};
use crate::deciding::Made;
use crate::net::{self, Failure};
use crate::node::{Js, parse, read, read_text};

impl App {
    /// The same for everyone: asked for without saying who asks.
    pub async fn notice(self: &Rc<Self>) -> Result<(), Failure> {
        if self.peek(|shared| shared.notice.is_some()) || !self.has_service() {
            return Ok(());
        }
        let answer = net::get(&[&self.origin, "/v1/notice?site=", &self.site].concat()).await;
        self.heard(answer.as_ref().err().copied());
        let value = answer?.ok_or(Failure::Unreachable)?;
        let served = read(value, |node| Some((Notice::read(node.get("notice")?).ok()?, node.text_of("hash")?)));
        let (notice, hash) = served.ok_or(Failure::Unreachable)?;
        self.set_notice(notice, hash);
        Ok(())
    }

    pub fn set_notice(&self, notice: Notice, hash: String) {
        self.change(|shared| {
            shared.notice = Some(Arc::new(notice));
            shared.notice_hash = hash;
        });
    }

    /// What stands now, as far as anybody is known.
    pub async fn gather(self: &Rc<Self>, surface: Surface, lang: &str) -> Result<(), Failure> {
        self.notice().await?;
        let Some(session) = self.session().await? else {
            self.stand_alone();
            return Ok(());
        };
        let (epoch, rev, loaded) = self.peek(|s| (s.known.epoch.clone(), s.known.rev, s.loaded));
        let mut body = self.body();
        body.text("capability", &session.capability);
        body.text("device", &self.device);
        if loaded {
            body.text("epoch", &epoch);
            body.number("rev", rev);
        }
        let answer = net::post(&self.url("/v1/choices"), &body.end(), false).await;
        self.heard(answer.as_ref().err().copied());
        if let Some(choices) = answer?.and_then(|value| read(value, Choices::read).ok()) {
            let cause = if loaded { Cause::OtherDevice } else { Cause::Stored };
            let epoch = choices.epoch.clone();
            self.adopt(choices, cause);
            self.outbox_event(Event::Epoch(epoch), cause);
        }
        if !session.anonymous {
            self.carry_refusals(&session.subject, surface, lang);
        }
        self.obey_signal(surface, lang);
        Ok(())
    }

    /// Nobody is known: what was refused on this device is all there is.
    fn stand_alone(&self) {
        let mut choices = Choices::default();
        for id in self.refusals() {
            choices.controls.push(Control { choice: Standing::Denied, ..Control::unset(id) });
        }
        choices.controls.sort_by(|a, b| a.id.cmp(&b.id));
        self.adopt(choices, Cause::Stored);
    }

    /// What was refused here before signing in binds this device; sent once per account.
    fn carry_refusals(self: &Rc<Self>, subject: &str, surface: Surface, lang: &str) {
        let key = ["carried:", subject].concat();
        let carried = self.shelf.get(&key).unwrap_or_default();
        let mut anonymous = Choices::default();
        for id in self.refusals().into_iter().filter(|id| !carried.split(' ').any(|known| known == id)) {
            anonymous.controls.push(Control { choice: Standing::Denied, ..Control::unset(id) });
        }
        let changes = at_sign_in(&anonymous).denials;
        if changes.is_empty() {
            return;
        }
        self.shelf.set(&key, &self.refusals().join(" "));
        let made = Made {
            method: DecisionMethod::Switch,
            surface,
            lang: lang.to_owned(),
            master: false,
            binds: Binding::Device,
        };
        self.decide_quietly(changes, &made);
    }

    /// Global Privacy Control switches off what is on, for a person the service knows; once.
    fn obey_signal(self: &Rc<Self>, surface: Surface, lang: &str) {
        let changes: Vec<Change> = self.peek(|shared| {
            let Some(notice) = shared.notice.as_ref().filter(|_| shared.gpc) else { return Vec::new() };
            let granted = |change: &Change| shared.choices.standing(&change.control) == Standing::Granted;
            signal_changes(&shared.choices, notice).into_iter().filter(granted).collect()
        });
        debug_assert!(changes.iter().all(|change| change.choice == Choice::Denied));
        let made = Made {
            method: DecisionMethod::Signal,
            surface,
            lang: lang.to_owned(),
            master: false,
            binds: Binding::Account,
        };
        self.decide_quietly(changes, &made);
    }

    /// While a card is open the service tells of changes made elsewhere.
    pub fn listen(self: &Rc<Self>) {
        let Some(session) = self.session.borrow().clone() else { return };
        if self.live.borrow().is_some() {
            return;
        }
        let Ok(stop) = AbortController::new() else { return };
        *self.live.borrow_mut() = Some(stop.clone());
        let mut body = self.body();
        body.text("capability", &session.capability);
        body.text("device", &self.device);
        let body = body.end();
        let app = self.clone();
        go(async move {
            let _ = app.hear(&body, &stop).await;
            // Ended by the service or the network: the next opening asks again.
            let mine = app.live.borrow().as_ref() == Some(&stop);
            if mine {
                *app.live.borrow_mut() = None;
            }
        });
    }

    async fn hear(self: &Rc<Self>, body: &str, stop: &AbortController) -> Option<()> {
        let answer = net::request(&self.url("/v1/live"), Some(body), false, Some(stop)).await.ok()?;
        let reader: ReadableStreamDefaultReader = answer.body()?.get_reader().dyn_into().ok()?;
        let mut held: Vec<u8> = Vec::new();
        loop {
            let part = JsFuture::from(reader.read()).await.ok()?;
            let bytes: Uint8Array = Reflect::get(&part, &"value".into()).ok()?.dyn_into().ok()?;
            held.extend(bytes.to_vec());
            while let Some(end) = held.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = held.drain(..end + 2).collect();
                let event = String::from_utf8_lossy(&event);
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let choices = data.and_then(|data| read_text(data.trim(), |node| Choices::read(node).ok()));
                if let Some(choices) = choices {
                    self.adopt(choices, Cause::OtherDevice);
                }
            }
        }
    }

    pub fn stop_listening(&self) {
        if let Some(stop) = self.live.borrow_mut().take() {
            stop.abort();
        }
    }

    /// Other tabs of this browser hear at once what the service answered here.
    pub fn share_choices(&self, choices: &Choices) {
        let subject = self.outbox_of.borrow().clone();
        let mut message = crate::app::choices_object(choices);
        message.text("of", &subject);
        if let (Some(tabs), Some(message)) = (&*self.tabs.borrow(), parse(&message.end())) {
            let _ = tabs.post_message(&message);
        }
    }

    /// Hears the other tabs, by channel or, where there is none, by storage.
    pub fn join_tabs(self: &Rc<Self>) {
        if !self.has_service() {
            return;
        }
        if let Ok(channel) = BroadcastChannel::new(&["candor:", &self.site].concat()) {
            let app = self.clone();
            let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let of = app.outbox_of.borrow().clone();
                let mine =
                    |node: Js| node.text_of("of").filter(|its| *its == of).and_then(|_| Choices::read(node).ok());
                if let Some(choices) = read(event.data(), mine) {
                    app.load_outbox();
                    app.adopt(choices, Cause::Tab);
                }
            });
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            // One for the life of the page, as the app is.
            heard.forget();
            *self.tabs.borrow_mut() = Some(channel);
        }
        let Some(window) = web_sys::window() else { return };
        let app = self.clone();
        let prefix = ["candor:", &self.site, ":"].concat();
        gloo_events::EventListener::new(&window, "storage", move |event| {
            let key = Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
            if key.is_some_and(|key| key.starts_with(&prefix)) {
                app.load_outbox();
                app.show_choices(Cause::Tab);
            }
        })
        .forget();
    }
}
