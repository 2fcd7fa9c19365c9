//! Pages: the loader's core as it is shipped (`widget/loader/core`), bundled and run in a JavaScript engine, with a
//! browser around it (`page/browser.ts`) that rests on the simulator, and the widget's own deciding
//! (`candor_choices::device`) in place of the Wasm that holds it.

mod device;
mod natives;
mod wasm;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use candor_choices::Event;
use candor_choices::device::{Cause, Device};
use candor_protocol::Standing;
use rquickjs::function::IntoArgs;
use rquickjs::{CatchResultExt, Context, Ctx, FromJs, Function, Object, Runtime};

pub use device::Page;

use crate::body::{Body, World};
use crate::network::Heard;

/// What a tab tells the others when somebody is forgotten.
const FORGOTTEN: &str = "\"over\":1";
/// The files of the loader that a page may run.
const FILES: [&str; 5] = ["core", "asking", "live", "parting", "token"];

/// Every page there is.
#[derive(Default)]
pub struct Pages {
    all: RefCell<BTreeMap<u32, Rc<Body>>>,
    world: RefCell<Option<Rc<World>>>,
    /// Promises that failed and nobody heard.
    unheard: RefCell<Vec<String>>,
}

impl Pages {
    fn find(&self, page: u32) -> Option<Rc<Body>> {
        self.all.borrow().get(&page).cloned()
    }

    /// The other tabs of this page's browser.
    fn others(&self, of: &Body, tell: impl Fn(&Body)) {
        for body in self.all.borrow().values() {
            if body.page != of.page && body.machine.index == of.machine.index {
                tell(body);
            }
        }
    }

    fn run<T>(&self, ctx: &Ctx<'_>, page: u32, work: impl FnOnce(Page<'_, '_>) -> T) -> Option<T> {
        let body = self.find(page)?;
        let host = body.host.borrow().clone()?.restore(ctx).ok()?;
        Some(work(Page { ctx: ctx.clone(), host, body: &body }))
    }

    fn time(&self) -> i64 {
        self.world.borrow().as_ref().map_or(0, |world| world.time.ms())
    }

    fn draw<T: Default>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        self.world.borrow().as_ref().map(|world| draw(&mut world.chance.borrow_mut())).unwrap_or_default()
    }
}

/// The engine that runs them.
pub struct Engine {
    pages: Rc<Pages>,
    context: Context,
    runtime: Runtime,
}

impl Engine {
    /// `folder`: the bundled files.
    pub fn new(folder: &Path) -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|fault| fault.to_string())?;
        // What pages leave behind is looked for between histories: then nearly nothing has to be looked through.
        runtime.set_gc_threshold(usize::MAX);
        let context = Context::full(&runtime).map_err(|fault| fault.to_string())?;
        let pages = Rc::<Pages>::default();
        let hearing = pages.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(move |_, _, reason, heard| {
            let told = match reason.as_exception() {
                Some(exception) => exception.to_string(),
                None => format!("{reason:?}"),
            };
            let mut unheard = hearing.unheard.borrow_mut();
            match unheard.iter().position(|one| *one == told) {
                Some(at) if heard => drop(unheard.remove(at)),
                None if heard => {}
                _ => unheard.push(told),
            }
        })));
        let engine = Engine { pages, context, runtime };
        engine.context.with(|ctx| {
            let native = Object::new(ctx.clone()).map_err(|fault| fault.to_string())?;
            let lent = natives::lend(&ctx, &native, &engine.pages)
                .and_then(|()| wasm::lend(&ctx, &native, &engine.pages))
                .and_then(|()| ctx.globals().set("native", native));
            lent.catch(&ctx).map_err(|fault| fault.to_string())?;
            let read = |name: &str| {
                let file = folder.join(name).with_extension("js");
                std::fs::read_to_string(&file).map_err(|fault| format!("{}: {fault}", file.display()))
            };
            ctx.eval::<(), _>(read("browser")?).catch(&ctx).map_err(|fault| fault.to_string())?;
            let sim: Object = ctx.globals().get("sim").map_err(|fault| fault.to_string())?;
            let take: Function = sim.get("file").map_err(|fault| fault.to_string())?;
            for name in FILES {
                take.call::<_, ()>((name, read(name)?)).catch(&ctx).map_err(|fault| fault.to_string())?;
            }
            Ok::<_, String>(())
        })?;
        Ok(engine)
    }

    /// Another history begins.
    pub fn begin(&self, world: &Rc<World>) {
        let pages: Vec<u32> = self.pages.all.borrow().keys().copied().collect();
        for page in pages {
            self.gone(page);
        }
        self.runtime.run_gc();
        self.pages.unheard.borrow_mut().clear();
        *self.pages.world.borrow_mut() = Some(world.clone());
    }

    /// `locks`, `calls`: its browser has Web Locks, and a BroadcastChannel.
    pub fn open(&self, body: &Rc<Body>, locks: bool, calls: bool) {
        self.pages.all.borrow_mut().insert(body.page, body.clone());
        self.tell(body, "open", (body.page, body.world.site.as_str(), body.machine.gpc, locks, calls));
    }

    /// Nobody waits for the answers to a page that is gone.
    pub fn gone(&self, page: u32) {
        let Some(body) = self.pages.all.borrow_mut().remove(&page) else { return };
        body.host.borrow_mut().take();
        body.machine.locks.borrow_mut().retain(|_, holder| *holder != page);
        body.machine.refused.borrow_mut().retain(|one| one.kept || one.page != page);
        for flight in body.world.flights.borrow_mut().iter_mut().filter(|flight| flight.page == Some(page)) {
            flight.page = None;
        }
        self.tell(&body, "gone", (page,));
    }

    /// Something happens to a page: `page/browser.ts` says what there is.
    pub fn tell(&self, body: &Body, name: &str, args: impl for<'js> IntoArgs<'js>) {
        self.ask::<()>(body, name, args);
    }

    pub fn ask<R: for<'js> FromJs<'js>>(
        &self,
        body: &Body,
        name: &str,
        args: impl for<'js> IntoArgs<'js>,
    ) -> Option<R> {
        body.says(|| format!("is told: {name}"));
        let answer = self.context.with(|ctx| {
            let work = || -> rquickjs::Result<R> {
                let sim: Object = ctx.globals().get("sim")?;
                let function: Function = sim.get(name)?;
                function.call(args)
            };
            work().catch(&ctx).map_err(|fault| body.world.fault(format!("{name} threw: {fault}"))).ok()
        });
        self.settle(body);
        answer
    }

    /// Something happens in the page's own code.
    pub fn run<T>(&self, body: &Body, work: impl FnOnce(Page<'_, '_>) -> T) -> Option<T> {
        let done = self.context.with(|ctx| self.pages.run(&ctx, body.page, work));
        self.settle(body);
        done
    }

    /// All that follows without anything else happening.
    fn settle(&self, body: &Body) {
        while self.runtime.is_job_pending() {
            if let Err(fault) = self.runtime.execute_pending_job() {
                body.world.fault(format!("a job threw: {fault:?}"));
            }
        }
        for told in self.pages.unheard.borrow_mut().drain(..) {
            body.world.fault(format!("a promise failed and nobody heard: {told}"));
        }
    }

    /// Runs the timers that are due.
    pub fn tick(&self, body: &Body) {
        let is_due = |timer: &Cell<Option<i64>>| timer.get().is_some_and(|due| due <= body.world.time.ms());
        while is_due(&body.due) && !body.ended.get() && self.ask(body, "tick", (body.page,)).unwrap_or(false) {}
        if is_due(&body.timer) {
            body.timer.set(None);
            self.run(body, |page| page.outbox_event(Event::Tick, Cause::OtherDevice));
        }
    }

    /// The page hears its other tab; what comes by channel and what by storage keep their order among themselves.
    pub fn hear(&self, body: &Body) {
        loop {
            let by_channel = body.world.chance.borrow_mut().bool();
            let first = if by_channel { &body.messages } else { &body.writes };
            let heard = first.borrow_mut().pop_front();
            let other = if by_channel { &body.writes } else { &body.messages };
            let Some(heard) = heard.or_else(|| other.borrow_mut().pop_front()) else { return };
            body.flashed.borrow_mut().clear();
            let told = heard.text().is_some_and(|text| text.contains(FORGOTTEN));
            match heard {
                Heard::Message(text) => self.tell(body, "message", (body.page, text)),
                Heard::Stored { key, value } => self.tell(body, "stored", (body.page, key, value)),
            }
            body.left_behind.set(body.left_behind.get() && !told);
            let on = device::in_force(body);
            let off = |control: &&String| on.standing(control) != Standing::Granted;
            if let Some(control) = body.flashed.borrow().iter().find(off) {
                body.world.fault(format!("page {} acted on {control} for a moment", body.page));
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What pages hold of the engine goes before it.
        for body in std::mem::take(&mut *self.pages.all.borrow_mut()).values() {
            body.host.borrow_mut().take();
        }
    }
}
