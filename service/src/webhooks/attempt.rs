//! One message sent once.

use std::time::Duration;

use candor_protocol::Timestamp;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode, redirect};

use super::signature;
use crate::secret::Secret;
use crate::store::post::{Endpoint, Message};

/// How long an endpoint may take to answer, and to be connected to.
const PATIENCE: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Delivered {
        status: String,
    },
    /// 410: this endpoint wants no more.
    Gone {
        status: String,
    },
    Failed {
        status: String,
        retry_after_ms: Option<i64>,
    },
}

pub(super) fn client() -> Result<Client, String> {
    let client = Client::builder()
        .user_agent(concat!("candor/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(PATIENCE)
        .build();
    client.map_err(|fault| fault.to_string())
}

pub(super) async fn send(
    client: &Client,
    secret: &Secret,
    endpoint: &Endpoint,
    message: &Message,
    now: Timestamp,
) -> End {
    let timestamp = now.0.div_euclid(1_000);
    let signed = signature::header(secret, endpoint, &message.id, timestamp, &message.body, now);
    let request = client
        .post(&endpoint.url)
        .header("content-type", "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signed)
        .body(message.body.clone());
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(fault) => return End::Failed { status: words(&fault).to_owned(), retry_after_ms: None },
    };
    let status = answer.status().as_u16().to_string();
    match answer.status() {
        code if code.is_success() => End::Delivered { status },
        StatusCode::GONE => End::Gone { status },
        _ => {
            let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            End::Failed { status, retry_after_ms: asked.and_then(|asked| wait_ms(asked.trim(), now)) }
        }
    }
}

fn words(fault: &reqwest::Error) -> &'static str {
    if fault.is_timeout() {
        "timeout"
    } else if fault.is_connect() {
        "no connection"
    } else {
        "no answer"
    }
}

/// Seconds, or a moment (RFC 9110, section 10.2.3).
fn wait_ms(asked: &str, now: Timestamp) -> Option<i64> {
    if let Ok(seconds) = asked.parse::<i64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let moment = httpdate::parse_http_date(asked).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(i64::try_from(moment.as_millis()).ok()?.saturating_sub(now.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_moment() {
        let now = Timestamp::parse("2026-11-22T18:00:00Z").unwrap();
        assert_eq!(wait_ms("120", now), Some(120_000));
        assert_eq!(wait_ms("Sun, 22 Nov 2026 18:01:00 GMT", now), Some(60_000));
        assert_eq!(wait_ms("soon", now), None);
    }
}
