//! `candor serve`: how often each may ask, and who is believed.

use std::num::NonZeroUsize;

use crate::connections::Bounds;
use crate::gauge::Limit;
use crate::limits::Rates;
use crate::network::Network;

/// Beyond a limit the answer is 429 with Retry-After.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// off lifts every limit below, such as for a load test from one machine.
    #[arg(long, env = "CANDOR_LIMITS", value_name = "on|off", default_value = "on")]
    limits: Switch,
    /// Requests of one address (an IPv6 /64), but those with a shop's key. A RATE is 20/s, 30/min
    /// or 5/h, with :N behind it for N at once, as in 20/s:200; or off.
    #[arg(long, env = "CANDOR_LIMIT_ADDRESS", value_name = "RATE", default_value = Rates::ADDRESS)]
    limit_address: Limit,
    /// Requests of one site's pages.
    #[arg(long, env = "CANDOR_LIMIT_SITE", value_name = "RATE", default_value = Rates::SITE)]
    limit_site: Limit,
    /// Requests for one subject, and decisions of it.
    #[arg(long, env = "CANDOR_LIMIT_SUBJECT", value_name = "RATE", default_value = Rates::SUBJECT)]
    limit_subject: Limit,
    /// Denials of one subject, which count here instead, each change of theirs: keep this generous.
    #[arg(long, env = "CANDOR_LIMIT_DENIALS", value_name = "RATE", default_value = Rates::DENIALS)]
    limit_denials: Limit,
    /// New anonymous subjects, and feedback of people who are not known, from one address.
    #[arg(long, env = "CANDOR_LIMIT_STRANGERS", value_name = "RATE", default_value = Rates::STRANGERS)]
    limit_strangers: Limit,
    /// Requests with one site's secret key.
    #[arg(long, env = "CANDOR_LIMIT_SHOP", value_name = "RATE", default_value = Rates::SHOP)]
    limit_shop: Limit,
    /// A proxy whose X-Forwarded-For is believed, such as 10.0.0.0/8; repeat for more. The address
    /// that counts is the right-most one that is none of these.
    #[arg(long = "trusted-proxy", env = "CANDOR_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ' ')]
    trusted_proxies: Vec<Network>,
    /// Requests answered at the same time; further ones get 503 with Retry-After.
    #[arg(long, env = "CANDOR_MAX_REQUESTS", value_name = "N", default_value = "4096")]
    max_requests: NonZeroUsize,
    /// Connections; further ones wait. One address that is no trusted proxy has an eighth of them.
    #[arg(long, env = "CANDOR_MAX_CONNECTIONS", value_name = "N", default_value = "8192")]
    max_connections: NonZeroUsize,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Limits {
    pub fn rates(&self) -> Rates {
        if self.limits == Switch::Off {
            return Rates::default();
        }
        Rates {
            address: self.limit_address,
            site: self.limit_site,
            subject: self.limit_subject,
            denials: self.limit_denials,
            strangers: self.limit_strangers,
            shop: self.limit_shop,
        }
    }

    pub fn bounds(&self) -> Bounds {
        let connections = self.max_connections.get();
        let per_address = if self.limits == Switch::Off { connections } else { connections.div_ceil(8) };
        Bounds { connections, per_address, requests: self.max_requests.get(), ..Bounds::default() }
    }

    pub fn trusted_proxies(&self) -> Vec<Network> {
        self.trusted_proxies.clone()
    }
}
