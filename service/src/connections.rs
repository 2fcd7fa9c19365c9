//! Connections: how many, for how long without a word, and how they end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::log::log;
use crate::network::{Group, Network};

/// What the head of a request may take; a document's body is read past it.
const HEAD_BYTES: usize = 64 * 1024;
/// After a fault of the machine, such as no more files: it would only repeat.
const PAUSE: Duration = Duration::from_millis(100);

/// How much is done at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections; further ones wait to be accepted.
    pub connections: usize,
    /// Connections of one address that is no trusted proxy; further ones are closed.
    pub per_address: usize,
    /// Requests under way; further ones are answered 503.
    pub requests: usize,
    /// From an idle connection or the first byte to the end of a request's head.
    pub head: Duration,
    /// From its head to the answer, where a request has a body.
    pub answer: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let (head, answer) = (Duration::from_secs(30), Duration::from_secs(30));
        Bounds { connections: 8_192, per_address: 1_024, requests: 4_096, head, answer }
    }
}

/// Serves until `end`; then takes no more and returns when what is open has ended.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    trusted: &[Network],
    end: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let held = Arc::new(Held::default());
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(HEAD_BYTES);
    let mut end = pin!(end);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            next = next => next,
            () = &mut end => break,
        };
        let is_proxy = trusted.iter().any(|network| network.contains(peer.ip()));
        let Some(of_address) = held.one_more(peer, if is_proxy { usize::MAX } else { bounds.per_address }) else {
            continue;
        };
        // Small answers go out at once; without this a kernel may hold them back.
        let _ = stream.set_nodelay(true);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        });
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Broken off, too slow or no HTTP: the other side knows, and there is nobody else to tell.
            let _ = connection.await;
            drop((place, of_address));
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The other side went before it was its turn.
            Err(fault) if matches!(fault.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
            Err(fault) => {
                log(format_args!("no connection can be taken: {fault}."));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Open connections by address. As many entries as there are connections, at most.
#[derive(Default)]
struct Held(Mutex<HashMap<Group, usize>>);

/// One of them.
struct OfAddress {
    held: Arc<Held>,
    group: Group,
}

impl Held {
    fn one_more(self: &Arc<Self>, peer: SocketAddr, most: usize) -> Option<OfAddress> {
        let group = Group::of(peer.ip());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(group).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(OfAddress { held: self.clone(), group })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.group) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_so_many_connections_and_what_ends_leaves_nothing() {
        let held = Arc::new(Held::default());
        let peer = |text: &str| text.parse::<SocketAddr>().unwrap();
        let first = held.one_more(peer("192.0.2.1:1"), 2);
        let second = held.one_more(peer("192.0.2.1:2"), 2);
        assert!(first.is_some() && second.is_some());
        assert!(held.one_more(peer("192.0.2.1:3"), 2).is_none());
        assert!(held.one_more(peer("192.0.2.2:1"), 2).is_some(), "another address");
        drop(first);
        assert!(held.one_more(peer("192.0.2.1:3"), 2).is_some());
        drop(second);
        assert!(held.0.lock().unwrap().is_empty());
    }
}
