//! `GET /desk/events`: says that something happened; the page then reads itself again.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::gate::Seated;

/// What happens within a moment is one message.
const MOMENT: Duration = Duration::from_millis(120);

pub async fn stream(Seated(visitor): Seated) -> Response {
    let mut happened = visitor.app.live.desk();
    let (app, site) = (visitor.app.clone(), visitor.site.id.clone());
    let (events, receiver) = mpsc::channel::<Result<Event, Infallible>>(4);
    tokio::spawn(async move {
        loop {
            let ours = tokio::select! {
                one = happened.recv() => match one {
                    Ok(one) => one.site == site,
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return,
                },
                () = events.closed() => return,
                () = app.stopped() => return,
            };
            if !ours {
                continue;
            }
            tokio::time::sleep(MOMENT).await;
            while happened.try_recv().is_ok() {}
            if events.send(Ok(Event::default().event("changed").data("now"))).await.is_err() {
                return;
            }
        }
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(20)).text("");
    let mut response = Sse::new(ReceiverStream::new(receiver)).keep_alive(alive).into_response();
    // A proxy that gathers would hold the news back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
