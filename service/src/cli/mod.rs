//! The command line.

mod admin;
mod check;
mod file;
mod import;
mod limits;
mod restore;
mod webhook;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::clock::OsChance;
use crate::serve::{Running, open, signalled};
use crate::state::Config;
use crate::store::{Options, StoreFault, backup};

/// Candor: why something was recommended, and the switches for it.
#[derive(Parser)]
#[command(name = "candor", version, about, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Runs the service.
    Serve(Serve),
    /// Says what is wrong with an explanation document, and where.
    Check {
        /// The document, or - for standard input.
        document: PathBuf,
    },
    /// Makes and changes sites.
    #[command(subcommand)]
    Site(admin::SiteCommand),
    /// Makes keys: a shop server's, the privacy desk's, a shop's sign-in.
    #[command(subcommand)]
    Key(admin::KeyCommand),
    /// Publishes notices.
    #[command(subcommand)]
    Notice(admin::NoticeCommand),
    /// Says who is told of changes: the shop's own systems, as Standard Webhooks.
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Takes over earlier objections and consents from a CSV file; --help names its columns.
    Import(import::ImportFile),
    /// Copies the store into one file, also while a service uses it.
    Backup(restore::Backup),
    /// Writes the journal of erasures to standard output: keyed hashes, for `candor restore`.
    Erasures(restore::Erasures),
    /// Puts a backup in place of the store, begins a new epoch, and erases again who was erased since.
    Restore(restore::Restore),
    /// Writes everything that is kept of a subject to standard output.
    Export(admin::OfSubject),
    /// Erases a subject; one line of keyed hashes stays, so that its "no" does.
    Erase(admin::OfSubject),
}

/// Where the database and the secret beside it are.
#[derive(clap::Args)]
struct Data {
    /// The folder that holds candor.db and candor.secret.
    #[arg(long, env = "CANDOR_DATA", value_name = "DIR", default_value = "candor-data")]
    data: PathBuf,
}

#[derive(clap::Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Further options, one a line: `listen = 127.0.0.1:8402`. The command line and the environment go before it.
    #[arg(long, env = "CANDOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen at.
    #[arg(long, env = "CANDOR_LISTEN", default_value = "127.0.0.1:8402")]
    listen: SocketAddr,
    /// Where customers' browsers reach the service [default: http:// and the address it listens at].
    #[arg(long, env = "CANDOR_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The folder of the widget's built files, served under /embed.
    #[arg(long, env = "CANDOR_EMBED", value_name = "DIR")]
    embed: Option<PathBuf>,
    /// Shows the privacy desk without a sign-in. For demonstrations only.
    #[arg(long, env = "CANDOR_DESK_GUEST")]
    desk_guest: bool,
    /// Origins that may show the HTML pages in a frame; none may by default.
    #[arg(long, env = "CANDOR_FRAME_ANCESTORS", value_name = "ORIGIN", value_delimiter = ' ')]
    frame_ancestors: Vec<String>,
    #[command(flatten)]
    limits: limits::Limits,
}

pub fn run() -> ExitCode {
    let command = match file::parse::<Command>(std::env::args_os().collect()) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("candor: {message}");
            return ExitCode::FAILURE;
        }
    };
    let done = match command.what {
        What::Serve(serve) => run_service(serve),
        What::Check { document } => return check::run(&document),
        What::Site(command) => command.run(),
        What::Key(command) => command.run(),
        What::Notice(command) => command.run(),
        What::Webhook(command) => command.run(),
        What::Import(file) => return file.run(),
        What::Backup(backup) => backup.run(),
        What::Erasures(erasures) => erasures.run(),
        What::Restore(restore) => restore.run(),
        What::Export(of) => of.export(),
        What::Erase(of) => of.erase(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("candor: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Beside a service that runs for weeks, too, nobody outlives their erasure in what a dry run left.
async fn clear_what_is_left(folder: &Path) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        import::clear_left(folder);
    }
}

fn run_service(serve: Serve) -> Result<(), String> {
    for origin in &serve.frame_ancestors {
        admin::check_origin(origin)?;
    }
    import::clear_left(&serve.data.data);
    let opened = open(&serve.data.data, &OsChance)?;
    let store = Options::at(serve.data.data.join("candor.db"));
    let _serving = backup::lock_serving(&store).map_err(|fault| match fault {
        StoreFault::Locked(path) => format!(
            "{}: another `candor serve` answers from this store, and would not hear of what this one decides. Stop it first.",
            path.display()
        ),
        fault => fault.to_string(),
    })?;
    crate::catalogues::keep(&*opened.store).map_err(|fault| fault.to_string())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|fault| format!("no runtime: {fault}"))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serve.listen).await.map_err(|fault| {
            format!("{}: cannot listen there: {fault}. Choose another with --listen.", serve.listen)
        })?;
        let address = listener.local_addr().map_err(|fault| fault.to_string())?;
        let public_url = serve.public_url.unwrap_or_else(|| format!("http://{address}"));
        let config = Config {
            public_url: public_url.trim_end_matches('/').to_owned(),
            embed: serve.embed,
            desk_guest: serve.desk_guest,
            frame_ancestors: serve.frame_ancestors,
            rates: serve.limits.rates(),
            bounds: serve.limits.bounds(),
            trusted_proxies: serve.limits.trusted_proxies(),
        };
        let running = Running::start(opened, config).map_err(|fault| fault.to_string())?;
        println!("ready http://{address}");
        tokio::select! {
            done = running.serve(listener, signalled()) => done,
            never = clear_what_is_left(&serve.data.data) => match never {},
        }
    })
}
