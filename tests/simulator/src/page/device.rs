//! A page as a device: what its drivers, which are those that are shipped, lend to the decisions made on it.

use candor_choices::Status;
use candor_choices::device::{Cause, Device, DeviceState};
use candor_protocol::{Change, Choice, Choices, Decision, Standing, Timestamp};
use rquickjs::function::{Args, IntoArgs};
use rquickjs::{Ctx, FromJs, Function, Object};
use serde_json::{Value, json};

use crate::body::Body;

/// A page's code while it runs.
pub struct Page<'a, 'js> {
    pub ctx: Ctx<'js>,
    pub host: Object<'js>,
    pub body: &'a Body,
}

impl<'js> Page<'_, 'js> {
    fn ask<R: FromJs<'js>>(&self, name: &str, told: impl IntoArgs<'js>) -> Option<R> {
        let work = || -> rquickjs::Result<R> {
            let function: Function = self.host.get(name)?;
            let mut args = Args::new(self.ctx.clone(), told.num_args());
            args.this(self.host.clone())?;
            told.into_args(&mut args)?;
            function.call_arg(args)
        };
        let answer = rquickjs::CatchResultExt::catch(work(), &self.ctx);
        answer.map_err(|fault| self.body.world.fault(format!("{name} threw: {fault}"))).ok()
    }
}

impl Device for Page<'_, '_> {
    fn state(&self) -> &DeviceState {
        &self.body.state
    }
    fn has_service(&self) -> bool {
        true
    }
    fn now(&self) -> Timestamp {
        Timestamp(self.body.clock())
    }
    fn random(&self) -> f64 {
        self.body.world.chance.borrow_mut().f64()
    }
    fn fresh_id(&self) -> String {
        self.ask("id", ()).unwrap_or_default()
    }
    fn id(&self) -> String {
        self.host.get("device").unwrap_or_default()
    }
    fn words_hash(&self, _: &str) -> String {
        "sha256-words".to_owned()
    }
    fn kept(&self, key: &str) -> String {
        self.ask("kept", (key,)).unwrap_or_default()
    }
    fn next_seq(&self, of: &str) -> u64 {
        self.ask::<f64>("next", (of,)).map_or(1, |next| next as u64)
    }
    fn set(&self, key: &str, value: &str) -> bool {
        let kept = self.ask("set", (key, value)).unwrap_or(false);
        if !kept && !self.body.ended.get() {
            self.body.keeps(key, value, false);
        }
        kept
    }
    fn remove(&self, key: &str) {
        self.ask::<()>("remove", (key,));
    }
    fn ask_who(&self) {
        self.ask::<()>("person", ());
    }
    fn renew(&self) {
        self.ask::<()>("renew", ());
    }
    fn send(&self, decisions: &[Decision], keepalive: bool) {
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        let list = decisions.iter().map(Decision::to_json).collect::<Vec<_>>().join(",");
        self.ask::<()>("send", (format!("[{list}]"), keepalive, grants));
    }
    fn share(&self, choices: &Choices) {
        self.ask::<()>("share", (told(choices, self.body.hearing.get()).to_string(),));
    }
    fn set_timer(&self, ms: u64) {
        let due = self.body.world.time.ms().saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
        self.body.timer.set(Some(due));
    }
    fn decided(&self, changes: &[Change], _: bool) {
        let shown = self.body.state.stands.borrow().notice_hash.clone();
        self.body.pressed.borrow_mut().push((changes.to_vec(), shown));
        self.body.is_decided(changes);
    }
    fn settle(&self, changes: &[Change], status: Status) {
        if status == Status::Superseded {
            let granted = changes.iter().filter(|change| change.choice == Choice::Granted);
            self.body.superseded.borrow_mut().extend(granted.cloned());
        }
    }
    fn tell_status(&self, decision: &str, status: Status) {
        let detail = json!({"decision": decision, "status": status.as_str()});
        self.ask::<()>("tell", ("saved", detail.to_string()));
    }
    fn became(&self, before: &Choices, _: &Choices, _: Cause) {
        // A yes that waits, of whichever tab, is shown and not acted on.
        let on = in_force(self.body);
        let on = on.controls.iter().filter(|control| control.choice == Standing::Granted);
        let new = on.filter(|control| before.standing(&control.id) != Standing::Granted);
        self.body.flashed.borrow_mut().extend(new.map(|control| control.id.clone()));
    }
    fn redraw(&self) {}
    fn keep_state(&self) {}
    fn person_left(&self) {
        self.body.timer.set(None);
        self.body.superseded.borrow_mut().clear();
        // What was acted on just before stood for whoever was here as far as this page knew.
        self.body.flashed.borrow_mut().clear();
        *self.body.stamp.borrow_mut() = None;
    }
}

/// What the page may act on at most: what was refused on the device, or a signal ends, is off besides.
pub fn in_force(body: &Body) -> Choices {
    let stands = body.state.stands.borrow();
    candor_choices::in_force(&stands.known, body.state.outbox.borrow().beyond(&stands.known))
}

/// `{epoch, rev, controls}` as pages and tabs are told, and what it rests on.
pub fn told(choices: &Choices, stamp: Option<usize>) -> Value {
    let controls = choices.controls.iter().map(|control| {
        let one = json!({
            "choice": control.choice.as_str(), "rev": control.rev, "left_out": control.left_out,
            "by_signal": control.by_signal, "despite_signal": control.despite_signal,
            "lapsed": control.lapsed, "device_only": control.device_only,
        });
        (control.id.clone(), one)
    });
    let controls: serde_json::Map<String, Value> = controls.collect();
    json!({"epoch": choices.epoch, "rev": choices.rev, "controls": controls, "stamp": stamp})
}
