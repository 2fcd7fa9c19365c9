use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use candor_protocol::{Duration, Explanation, Fault, Timestamp, limits};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{personal, personal_text, public};
use super::caller::{Page, Shop, read_json, site_of};
use crate::acts::{Viewer, Visible};
use crate::deciding::{Keep, Keeping};
use crate::directory::Site;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// How far the clock of a shop may be ahead.
const AHEAD_MS: i64 = 300_000;

#[derive(Deserialize, JsonSchema)]
pub struct Request {
    #[allow(dead_code)]
    site: String,
    /// None: what is the same for everyone.
    #[allow(dead_code)]
    capability: Option<String>,
}

#[derive(Deserialize)]
pub struct Of {
    site: Option<String>,
}

/// `PUT /v1/recommendations/{id}`: the shop's server sends how a list came about.
pub async fn put(
    State(app): State<App>,
    shop: Shop,
    Path(id): Path<String>,
    body: axum::body::Body,
) -> Result<Response, Problem> {
    let bytes = axum::body::to_bytes(body, limits::DOCUMENT_BYTES).await.map_err(|_| Problem::new(Kind::TooLarge))?;
    let (doc, text) = match read(&app, &shop.site, &id, bytes) {
        Ok(read) => read,
        Err(problem) => {
            crate::metrics::count(&app.metrics.refused_documents);
            return Err(problem);
        }
    };
    let keep = Keep { core: app.core(), site: shop.site, doc, body: text, reference: shop.reference };
    let status = match app.writer.ask(keep).await? {
        Keeping::New => StatusCode::CREATED,
        Keeping::Same => StatusCode::OK,
    };
    Ok((status, personal(json!({ "id": id, "state": "ready" }))).into_response())
}

/// `POST /v1/recommendations/{id}`: all of it for its subject, or where nothing is personal.
pub async fn post(State(app): State<App>, Path(id): Path<String>, page: Page<Request>) -> Result<Response, Problem> {
    let capability = page.capability(&app);
    let viewer = capability.map(|capability| Viewer { subject: &capability.subject, device: Some(&capability.device) });
    answer(&app, &page.site, &id, viewer).await
}

/// `GET /v1/recommendations/{id}?site=`: what is the same for everyone.
pub async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(of): Query<Of>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = site_of(&app, &headers, of.site.as_deref())?;
    answer(&app, &site, &id, None).await
}

async fn answer(app: &App, site: &Site, id: &str, viewer: Option<Viewer<'_>>) -> Result<Response, Problem> {
    Ok(match app.visible(site, id, viewer).await?.ok_or(Problem::new(Kind::NotReady))? {
        Visible::Ready { kept, body } => {
            let origin = if kept.reference { "reference" } else { "shop" };
            // The document goes out in the very bytes that came in.
            personal_text(format!("{{\"state\":\"ready\",\"origin\":\"{origin}\",\"explanation\":{body}}}"))
        }
        Visible::General => {
            let mut response =
                public(json!({ "state": "general", "visibility": "general", "id": id, "site": site.id }));
            response.headers_mut().insert("cache-control", axum::http::HeaderValue::from_static("no-store"));
            response
        }
        Visible::Withdrawn { kept, factors } => personal(json!({
            "state": "withdrawn", "id": kept.id, "made_at": kept.made_at, "factors": factors,
        })),
        Visible::Expired { kept } => personal(json!({
            "state": "expired", "id": kept.id, "made_at": kept.made_at, "expires_at": kept.expires_at,
            "factors": kept.factors.split_whitespace().collect::<Vec<_>>(),
        })),
    })
}

/// Everything about a document that can be judged without its subject's choices.
fn read(app: &App, site: &Site, id: &str, bytes: Bytes) -> Result<(Explanation, String), Problem> {
    let value: Value = read_json(&bytes)?;
    let doc = Explanation::read(&value)?;
    candor_reasoning::check(&doc)?;
    let fault = |code, place: &str| Err(Problem::from(Fault::new(code, place)));
    if doc.id != id {
        return fault(candor_protocol::Code::BadId, "/id");
    }
    if doc.site != site.id {
        return fault(candor_protocol::Code::UnknownValue, "/site");
    }
    let Some(published) = site.published(&doc.notice) else {
        let mut problem = Problem::new(Kind::UnknownNotice);
        problem.place = Some("/notice".into());
        return Err(problem);
    };
    let longest = Duration::hours(limits::DOCUMENT_HOURS as u32).after(doc.made_at);
    let latest = published.notice.document_retention.after(doc.made_at).min(longest);
    let now = app.now();
    if doc.expires_at > latest || doc.expires_at <= now || doc.made_at > Timestamp(now.0 + AHEAD_MS) {
        return fault(candor_protocol::Code::Expiry, "/expires_at");
    }
    let text = String::from_utf8(bytes.into()).map_err(|_| Problem::new(Kind::Malformed))?;
    Ok((doc, text))
}
