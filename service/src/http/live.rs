use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use super::caller::Page;
use super::choices::Own;
use crate::directory::Site;
use crate::gauge::Wait;
use crate::limits::{LISTENERS, Of};
use crate::problem::{Kind, Problem};
use crate::state::App;

const HEARTBEAT: Duration = Duration::from_secs(20);
/// A person with this many open pages closes one some time, in seconds.
const BUSY: u64 = 60;

/// `POST /v1/live`: the choices now and whenever they move, until the browser goes,
/// its capability's time passes, or the service ends.
pub async fn post(State(app): State<App>, page: Page<Own>) -> Result<Response, Problem> {
    let capability = page.subject(&app)?.clone();
    if app.holder(&page.site, &capability).await?.closed {
        return Err(Problem::new(Kind::Closed));
    }
    let (events, stream) = mpsc::channel(4);
    let moved = app.live.listen(&capability.subject, LISTENERS);
    let moved = moved.ok_or_else(|| app.limits.refuse(Of::Listeners, Wait(BUSY)))?;
    let left = Duration::from_millis((capability.expires_at.0 - app.now().0).max(0) as u64);
    let told = tell(app.clone(), page.site.clone(), capability.subject, capability.device, moved, events);
    tokio::spawn(async move {
        tokio::select! {
            () = told => {}
            () = app.stopped() => {}
            () = tokio::time::sleep(left) => {}
        }
    });
    let sse = Sse::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(HEARTBEAT).text(""));
    let mut response = sse.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Sends what stands, then again after each move, until there is nobody to send it to.
async fn tell(
    app: App,
    site: Arc<Site>,
    subject: String,
    device: String,
    mut moved: watch::Receiver<u64>,
    events: mpsc::Sender<Result<Event, Infallible>>,
) {
    loop {
        moved.mark_unchanged();
        // Terms may have changed: the site as it is now.
        let site = app.site(&site.id).unwrap_or_else(|| site.clone());
        let Ok(Some(person)) = app.person(&site.id, &subject).await else { return };
        // Nothing of it stands any more: the page asks, and hears so.
        if person.closed {
            return;
        }
        let choices = app.choices_of(&site, &person, Some(&device));
        let Ok(event) = Event::default().event("choices").json_data(&choices) else { return };
        if events.send(Ok(event)).await.is_err() {
            return;
        }
        tokio::select! {
            changed = moved.changed() => if changed.is_err() { return },
            () = events.closed() => return,
        }
    }
}
