//! The Candor service: HTTP at the edge, one writer, a store.
//!
//! * [`http`] is the interface as one table of routes, which also makes `/openapi.json`.
//! * [`acts`] is what can be done for a person, whoever asks: HTTP or the HTML [`pages`].
//! * [`explaining`] says why a grant did not come into force.
//! * [`deciding`] is what is decided and kept in one step; [`writer`] runs it and commits groups.
//! * [`store`] is what is kept, behind a trait; [`people`] and [`directory`] hold it in memory.
//! * [`files`] is the file system beside SQLite; [`secret`] is what only the service knows.
//! * [`webhooks`] tells the shop's own systems, in order and until they have heard.
//! * [`import`] takes over what customers chose before; [`restore`] brings a backup back.
//! * [`connections`], [`network`] and [`limits`] keep floods out; [`gauge`] is how a limit counts.
//! * [`log`] is what whoever runs it reads.
//! * [`clock`] brings time and chance in from outside.

pub mod acts;
pub mod capability;
pub mod catalogues;
pub mod cli;
pub mod clock;
pub mod connections;
pub mod deciding;
pub mod directory;
pub mod explaining;
pub mod files;
pub mod gauge;
pub mod http;
pub mod import;
pub mod limits;
pub mod live;
pub mod locale;
pub mod log;
pub mod metrics;
pub mod network;
pub mod pages;
pub mod people;
pub mod problem;
pub mod remembered;
pub mod restore;
pub mod secret;
pub mod serve;
pub mod state;
pub mod store;
pub mod token;
pub mod webhooks;
pub mod writer;
