//! The interface: one line per route. The router and `/openapi.json` are both made from it.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::routing::{MethodRouter, delete as del, get, post, put};
use schemars::{Schema, SchemaGenerator};

use super::{
    choices, decisions, evaluation, feedback, health, live, notice, openapi, person, recommendations, session,
};
use crate::problem::Kind;
use crate::state::App;

pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub summary: &'static str,
    pub caller: Caller,
    pub body: Option<SchemaOf>,
    /// Status, what it means, its body.
    pub answers: &'static [(u16, &'static str, Option<SchemaOf>)],
    pub problems: &'static [Kind],
    pub handler: fn() -> MethodRouter<App>,
}

impl Route {
    /// The route of a request; where its method is none of the path's, one of the path.
    pub fn of(request: &Request) -> Option<&'static Route> {
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        let mut of_path = ROUTES.iter().filter(|route| route.path == path);
        of_path.clone().find(|route| route.takes(request.method())).or_else(|| of_path.next())
    }

    fn takes(&self, method: &Method) -> bool {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        method.as_str().eq_ignore_ascii_case(openapi::method(self))
    }

    /// Who watches over the service is never told to come back.
    pub fn is_limited(&self) -> bool {
        !matches!(self.path, "/livez" | "/readyz" | "/metrics")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A page of a site, across origins: CORS-simple, `text/plain` JSON, no cookie.
    Page,
    /// The shop's server, with its secret key.
    Shop,
    Anyone,
}

pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn of<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const OWN: &[Kind] = &[
    Kind::Malformed,
    Kind::TooLarge,
    Kind::Origin,
    Kind::UnknownSite,
    Kind::BadCapability,
    Kind::Erased,
    Kind::Busy,
    Kind::Storage,
];
/// Of what asks how things stand.
const STANDING: &[Kind] = &[
    Kind::Malformed,
    Kind::TooLarge,
    Kind::Origin,
    Kind::UnknownSite,
    Kind::BadCapability,
    Kind::Closed,
    Kind::Erased,
    Kind::Busy,
    Kind::Storage,
];
const SHOP: &[Kind] = &[Kind::BadKey, Kind::Malformed];
const SHOP_PERSON: &[Kind] = &[Kind::BadKey, Kind::UnknownSubject, Kind::Erased];

macro_rules! routes {
    ($($method:ident $path:literal $summary:literal $caller:ident $(takes $body:ty;)? gives [$($status:literal $what:literal $(: $answer:ty)?),*] or $problems:expr, $handler:expr;)*) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            summary: $summary,
            caller: Caller::$caller,
            body: routes!(@schema $($body)?),
            answers: &[$(($status, $what, routes!(@schema $($answer)?))),*],
            problems: $problems,
            handler: || $method($handler),
        }),*];
    };
    (@schema) => { None };
    (@schema $type:ty) => { Some(of::<$type> as SchemaOf) };
}

routes! {
    get "/v1/notice" "The notice in force of `?site=`, its hash, and the hash of each control's terms." Page
        gives [200 "The notice": candor_protocol::Notice] or &[Kind::Origin, Kind::UnknownSite, Kind::NoNotice], notice::get;
    post "/v1/session" "Signed in with the shop's token, or a new anonymous subject, at the first grant and never before." Page
        takes session::Request; gives [200 "The capability": session::Answer]
        or &[Kind::Malformed, Kind::Origin, Kind::UnknownSite, Kind::BadToken, Kind::BadCapability, Kind::Closed, Kind::Busy, Kind::Storage], session::post;
    put "/v1/recommendations/{id}" "Keeps how a list came about. The same bytes again are 200." Shop
        takes candor_protocol::Explanation; gives [201 "Kept", 200 "Kept already"]
        or &[Kind::BadKey, Kind::Malformed, Kind::TooLarge, Kind::Invalid, Kind::UnknownNotice, Kind::NotAllowed, Kind::DifferentBytes, Kind::UnknownSubject, Kind::Erased, Kind::Busy, Kind::Storage], recommendations::put;
    get "/v1/recommendations/{id}" "What is the same for everyone, of `?site=`." Page
        gives [200 "All of it where no factor is personal, else only that there is one"] or &[Kind::Origin, Kind::UnknownSite, Kind::NotReady], recommendations::get;
    post "/v1/recommendations/{id}" "How a list came about, to its subject: ready, withdrawn or expired; to others: general." Page
        takes recommendations::Request; gives [200 "By `state`: `ready` with `origin` and `explanation`, `general`, `withdrawn`, `expired`"]
        or &[Kind::Malformed, Kind::Origin, Kind::UnknownSite, Kind::BadCapability, Kind::NotReady], recommendations::post;
    post "/v1/decisions" "Sets choices. Answered after it is on disk; the same decision again gets the same outcome." Page
        takes decisions::Request; gives [200 "An outcome per decision, and what stands now": decisions::Answer] or OWN, decisions::post;
    post "/v1/choices" "What stands on this device." Page
        takes choices::Request; gives [200 "The choices": choices::Answer, 204 "Unchanged"] or STANDING, choices::post;
    post "/v1/history" "What this subject decided, and what became of it." Page
        takes choices::Own; gives [200 "In the order of arrival": choices::History] or OWN, choices::history;
    post "/v1/live" "The choices now and whenever they move, as `text/event-stream`; one per browser, closed when hidden." Page
        takes choices::Own; gives [200 "Events `choices`"] or STANDING, live::post;
    post "/v1/feedback" "Not for me, or something is wrong." Page
        takes feedback::Request; gives [200 "Its id and state": feedback::Answer] or OWN, feedback::post;
    post "/v1/export" "Everything that is kept of this subject." Page
        takes choices::Own; gives [200 "A JSON file"] or OWN, person::export;
    post "/v1/erase" "Erases this subject; one line of keyed hashes stays so that its `no` does." Page
        takes choices::Own; gives [200 "Done": person::Erased] or OWN, person::erase;
    post "/access/v1/evaluation" "OpenID AuthZEN 1.0: may this source be used for this person and purpose?" Shop
        takes evaluation::Request; gives [200 "The decision and its context": evaluation::Answer] or SHOP, evaluation::one;
    post "/access/v1/evaluations" "The same for several at once." Shop
        takes evaluation::Requests; gives [200 "In the same order": evaluation::Answers] or SHOP, evaluation::many;
    get "/v1/subjects/{id}/choices" "What stands for a subject; `sub_…` or `shop:` and the shop's id of a customer." Shop
        gives [200 "The choices": candor_protocol::Choices] or SHOP_PERSON, person::choices;
    post "/v1/subjects/{id}/decisions" "Decisions that the shop's server brings, such as those of its telephone agents." Shop
        takes decisions::OfShop; gives [200 "An outcome per decision, and what stands now": decisions::Answer] or SHOP_PERSON, decisions::of_shop;
    get "/v1/subjects/{id}/export" "Everything that is kept of a subject." Shop
        gives [200 "A JSON file"] or SHOP_PERSON, person::export_by_shop;
    del "/v1/subjects/{id}" "Erases a subject." Shop
        gives [200 "Done": person::Erased] or SHOP_PERSON, person::erase_by_shop;
    get "/.well-known/gpc.json" "This service obeys Global Privacy Control." Anyone gives [200 "Yes"] or &[], notice::gpc;
    get "/openapi.json" "This interface, generated from the code." Anyone gives [200 "OpenAPI 3.1"] or &[], openapi::get;
    get "/livez" "The process answers." Anyone gives [200 "ok"] or &[], health::live;
    get "/readyz" "The store can be read and written." Anyone gives [200 "ready"] or &[Kind::Storage], health::ready;
    get "/metrics" "Counters in Prometheus' text format." Anyone gives [200 "Counters"] or &[], health::metrics;
}
