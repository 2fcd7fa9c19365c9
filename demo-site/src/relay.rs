//! The customer's line to the service: a TCP relay that can be cut. Cutting
//! drops what is open and closes the door, as a lost network does.

use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The line's switch. The relay ends when it is dropped.
#[derive(Debug, Clone)]
pub struct Line {
    cut: std::sync::Arc<watch::Sender<bool>>,
}

impl Line {
    /// Relays `listen` to `to` from now on.
    pub async fn open(listen: SocketAddr, to: SocketAddr) -> std::io::Result<Self> {
        let (cut, is_cut) = watch::channel(false);
        let listener = TcpListener::bind(listen).await?;
        tokio::spawn(accept(listen, listener, to, is_cut.clone()));
        // Browsers may try the other family of `localhost` first.
        let other = SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), listen.port());
        if listen.is_ipv4()
            && let Ok(listener) = TcpListener::bind(other).await
        {
            tokio::spawn(accept(other, listener, to, is_cut));
        }
        Ok(Self { cut: std::sync::Arc::new(cut) })
    }

    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.cut.send_replace(false);
    }

    pub fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }
}

async fn accept(at: SocketAddr, mut listener: TcpListener, to: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((customer, _)) = accepted else { continue };
                tokio::spawn(carry(customer, to, is_cut.clone()));
            }
            changed = is_cut.changed() => {
                if changed.is_err() {
                    return;
                }
                if *is_cut.borrow() {
                    // A closed door refuses at once, as a machine that is gone does.
                    drop(listener);
                    let Some(again) = reopened(at, &mut is_cut).await else { return };
                    listener = again;
                }
            }
        }
    }
}

/// The door again, once the line is mended.
async fn reopened(at: SocketAddr, is_cut: &mut watch::Receiver<bool>) -> Option<TcpListener> {
    is_cut.wait_for(|cut| !cut).await.ok()?;
    loop {
        match TcpListener::bind(at).await {
            Ok(listener) => return Some(listener),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

async fn carry(mut customer: TcpStream, to: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    let Ok(mut service) = TcpStream::connect(to).await else { return };
    // Without this, small answers wait for the other side's acknowledgement.
    let _ = customer.set_nodelay(true);
    let _ = service.set_nodelay(true);
    tokio::select! {
        _ = copy_bidirectional(&mut customer, &mut service) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 64];
                    while let Ok(n) = stream.read(&mut buffer).await {
                        if n == 0 || stream.write_all(&buffer[..n]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        at
    }

    async fn free_port() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn a_cut_drops_what_is_open_and_refuses_what_is_new_until_mended() {
        let listen = free_port().await;
        let line = Line::open(listen, echo().await).await.unwrap();
        let mut open = TcpStream::connect(listen).await.unwrap();
        let mut answer = [0; 2];
        open.write_all(b"hi").await.unwrap();
        open.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hi");

        line.cut();
        assert_eq!(open.read(&mut answer).await.unwrap_or(0), 0, "an open connection outlived the cut");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(TcpStream::connect(listen).await.is_err(), "a new connection was taken while cut");

        line.mend();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let mut again = TcpStream::connect(listen).await.unwrap();
        again.write_all(b"ok").await.unwrap();
        again.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ok");
    }
}
