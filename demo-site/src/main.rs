//! `candor-demo`: the demo's shop.

use candor_demo::app::{App, router};
use candor_demo::gate::Gate;
use candor_demo::grants;
use candor_demo::policy::Origins;
use candor_demo::relay::Line;
use candor_demo::shelf::Shelf;
use candor_demo::token::TokenMaker;
use clap::Parser;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A shop that meets Candor as any shop would.
#[derive(Parser)]
#[command(name = "candor-demo", version, about)]
struct Command {
    /// The shop listens at 127.0.0.1 on this port.
    #[arg(long, default_value_t = 8400)]
    port: u16,
    /// Where the shop's server reaches the service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8402")]
    service: String,
    /// Where customers reach it: a line that this program relays, and can cut.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8401")]
    public: String,
    /// The file that holds the shop's secret key.
    #[arg(long, value_name = "FILE", default_value = "secret-key")]
    key: PathBuf,
    /// The shop's Ed25519 private key, as PEM: it signs customers in.
    #[arg(long, value_name = "FILE", default_value = "token-key.pem")]
    token_key: PathBuf,
    /// Orders in the columns of UCI Online Retail, instead of the shop's own.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The chat widget.
    #[arg(long, value_name = "FILE", default_value = "demo-site/node_modules/deep-chat/dist/deepChat.bundle.js")]
    deep_chat: PathBuf,
    /// Writes the shop's own year of orders to standard output as CSV, and ends.
    #[arg(long, exclusive = true)]
    orders: bool,
}

fn main() -> ExitCode {
    let command = Command::parse();
    if command.orders {
        let catalogue = candor_demo::catalogue::Catalogue::own();
        print!("{}", candor_demo::orders::csv(&candor_demo::orders::year(&catalogue), &catalogue));
        return ExitCode::SUCCESS;
    }
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("candor-demo: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(command: Command) -> Result<(), String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, command.port));
    let origin = format!("http://{address}");
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|fault| format!("{address}: {fault}"))?;
    let key = std::fs::read_to_string(&command.key).map_err(|fault| format!("{}: {fault}", command.key.display()))?;
    let tokens = TokenMaker::open(&command.token_key)?;
    let gate = Arc::new(Gate::new(&command.service, key.trim())?);
    let shelf = match &command.data {
        Some(file) => Shelf::from_file(file, &origin)?,
        None => Shelf::own(&origin)?,
    };

    let public_port = port_of(&command.public)?;
    let service_port = port_of(&command.service)?;
    let relay = SocketAddr::from((Ipv4Addr::LOCALHOST, public_port));
    let service = SocketAddr::from((Ipv4Addr::LOCALHOST, service_port));
    let line = Line::open(relay, service).await.map_err(|fault| format!("{relay}: {fault}"))?;

    grants::record(&gate, &tokens).await?;
    let app = App {
        shelf: Arc::new(shelf),
        gate,
        tokens: Arc::new(tokens),
        line,
        origin: origin.clone(),
        origins: Origins {
            service: command.public.trim_end_matches('/').to_owned(),
            // Not over the line that can be cut: the privacy team sits elsewhere.
            desk: format!("http://localhost:{service_port}"),
        },
        deep_chat: std::fs::read(&command.deep_chat).ok().map(axum::body::Bytes::from),
    };
    println!("ready {origin}");
    axum::serve(listener, router(app))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await
        .map_err(|fault| fault.to_string())
}

fn port_of(url: &str) -> Result<u16, String> {
    let port = url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
    port.ok_or_else(|| format!("{url} names no port"))
}
